namespace Nemotron.Engines.Tests.Metrics;

/// <summary>Scrapes kept beside the tests.</summary>
internal static class SampleFile
{
    public static readonly string[] Engines = ["triton-trtllm", "triton-llmapi", "trtllm-serve-1.3", "trtllm-serve-1.2", "vllm", "nim-1"];

    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Metrics", "Samples", $"{name}.txt"));

    public static string Text(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Metrics", "Samples", $"{name}.txt"));
}
