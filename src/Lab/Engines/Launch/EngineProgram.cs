using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Engines;

/// <summary>What kind of server a container runs.</summary>
internal enum EngineProduct
{
    /// <summary><c>trtllm-serve</c>, HTTP or gRPC.</summary>
    TrtLlmServe,

    /// <summary><c>tritonserver</c> with a TensorRT-LLM model.</summary>
    Triton,

    /// <summary><c>vllm serve</c>.</summary>
    Vllm,

    /// <summary>NVIDIA NIM: its own entry point, configured by environment.</summary>
    Nim,

    /// <summary><c>mpi_group.py join</c>: a pod that computes for the engine in another.</summary>
    GroupWorker,

    /// <summary>Triton's <c>launch_triton_server.py</c>, which starts a server in the background and returns.</summary>
    TritonLauncher,
}

/// <summary>The program that a container's command line comes down to.</summary>
/// <param name="Product">What it is.</param>
/// <param name="Arguments">What follows it on the command line.</param>
/// <param name="Launcher">Whether an MPI launcher stands before it.</param>
internal sealed record EngineProgram(EngineProduct Product, IReadOnlyList<string> Arguments, bool Launcher = false)
{
    /// <summary>Pods of its replica.</summary>
    public int Pods { get; init; } = 1;

    private const string GroupScript = "mpi_group.py";

    private static readonly Dictionary<string, EngineProduct> ByName = new(StringComparer.Ordinal)
    {
        ["trtllm-serve"] = EngineProduct.TrtLlmServe,
        ["tritonserver"] = EngineProduct.Triton,
        ["vllm"] = EngineProduct.Vllm,
        ["launch_triton_server.py"] = EngineProduct.TritonLauncher,
    };

    private static readonly Dictionary<string, EngineProduct> ByModule = new(StringComparer.Ordinal)
    {
        ["tensorrt_llm.commands.serve"] = EngineProduct.TrtLlmServe,
        ["vllm.entrypoints.openai.api_server"] = EngineProduct.Vllm,
    };

    /// <summary>
    /// Finds the program: by the first word of the command line that names one, behind whatever starts it (<c>sh -c</c>, <c>tini --</c>, <c>mpirun</c>,
    /// <c>trtllm-llmapi-launch</c>); without a command by the image's entry point.
    /// </summary>
    /// <param name="container">The container as served.</param>
    /// <param name="commandLine">Its command and arguments, variables expanded; null takes them as served.</param>
    /// <returns>Null when it is none that is simulated.</returns>
    public static EngineProgram? Find(JsonObject container, IReadOnlyList<string>? commandLine = null)
    {
        var words = Words(commandLine ?? [.. container.Texts("command").Concat(container.Texts("args"))]);
        var script = words.FindIndex(word => word.EndsWith(GroupScript, StringComparison.Ordinal));
        if (script >= 0 && words.ElementAtOrDefault(script + 1) == "join") return new(EngineProduct.GroupWorker, words[(script + 2)..], Launcher: true);
        var leads = script >= 0 && words.ElementAtOrDefault(script + 1) == "lead";
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == "-m" && i + 1 < words.Count && ByModule.TryGetValue(words[i + 1], out var module)) return new(module, words[(i + 2)..]);
            if (!ByName.TryGetValue(words[i][(words[i].LastIndexOf('/') + 1)..], out var product)) continue;
            // "vllm" alone is the name of many things; the server is "vllm serve".
            if (product == EngineProduct.Vllm && (i + 1 >= words.Count || words[i + 1] != "serve")) continue;
            var before = words.Take(i).ToList();
            var launcher = leads || before.Exists(word => word.EndsWith("trtllm-llmapi-launch", StringComparison.Ordinal) || word.EndsWith("mpirun", StringComparison.Ordinal));
            return new(product, words[(i + 1)..], launcher) { Pods = leads && int.TryParse(before.ElementAtOrDefault(before.IndexOf("--nodes") + 1), out var pods) ? pods : 1 };
        }

        if (container.Texts("command").Any()) return null;
        var image = container.Text("image") ?? "";
        if (image.Contains("vllm/vllm-openai", StringComparison.Ordinal)) return new(EngineProduct.Vllm, ["serve", .. words]);
        return image.Contains("nvcr.io/nim/", StringComparison.Ordinal) ? new(EngineProduct.Nim, words) : null;
    }

    // A shell's script is taken for words: enough to find the server in it, with quotes and line breaks for what they are.
    private static List<string> Words(IReadOnlyList<string> line)
    {
        var words = new List<string>();
        for (var i = 0; i < line.Count; i++)
        {
            var script = i >= 2 && line[i - 1] is "-c" or "-lc" or "-ec" or "-exc" or "-euc" && line[i - 2].EndsWith("sh", StringComparison.Ordinal);
            if (script) words.AddRange(ShellWords.Split(line[i]));
            else words.Add(line[i]);
        }

        return words;
    }
}
