using Nemotron.Lab.Controllers;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>From a container to the engine it asks for.</summary>
internal static class EngineStart
{
    // What an image without a readable tag is taken for: what the operator's own defaults name.
    private static readonly EngineVersion TrtLlm = new(1, 2, 1);
    private static readonly EngineVersion Triton = new(26, 7);
    private static readonly EngineVersion Vllm = new(0, 19);
    private static readonly EngineVersion Nim = new(2, 0);

    /// <summary>Reads what the container's program is told.</summary>
    /// <exception cref="StartRefusedException">The program does not start as told; the message is the program's own.</exception>
    public static EngineSettings Read(ContainerStart start)
    {
        var program = EngineProgram.Find(start.Container, start.CommandLine)
            ?? throw new StartRefusedException(127, $"{(start.CommandLine is [var first, ..] ? first : "")}: command not found");
        var (version, text) = VersionOf(program.Product, start.Container.Text("image") ?? "");
        var settings = program.Product switch
        {
            EngineProduct.TrtLlmServe => TrtLlmServeLine.Read(program.Arguments, start, version, text),
            EngineProduct.Triton => TritonLine.Read(program.Arguments, start, version, text),
            EngineProduct.Vllm => VllmLine.Read(program.Arguments, start, version, text),
            EngineProduct.Nim => VllmLine.ReadNim(program.Arguments, start, version, text),
            // It starts the server and returns, and with it the container ends.
            _ => throw new StartRefusedException(0, "launch_triton_server.py: tritonserver was started in the background; this script returns, and the container ends with it. Run tritonserver in the foreground."),
        };
        var visible = start.Gpus.Count * program.Pods;
        if (settings.Gpus > visible && !(program.Launcher && program.Pods == 1))
        {
            throw new StartRefusedException(1,
                $"RuntimeError: the model is split over {settings.Gpus} GPUs (tensor parallel {settings.TensorParallel} x pipeline parallel {settings.PipelineParallel}), and {visible} {(visible == 1 ? "is" : "are")} visible");
        }

        return settings with { Pods = program.Pods };
    }

    private static (EngineVersion Version, string Text) VersionOf(EngineProduct product, string image)
    {
        var usual = product switch
        {
            EngineProduct.Triton or EngineProduct.TritonLauncher => Triton,
            EngineProduct.Vllm => Vllm,
            EngineProduct.Nim => Nim,
            _ => TrtLlm,
        };
        var colon = image.LastIndexOf(':');
        var tag = colon > image.LastIndexOf('/') ? image[(colon + 1)..] : "";
        return EngineVersion.OfTag(tag) is { } version ? (version, version.ToString()) : (usual, usual.ToString());
    }
}
