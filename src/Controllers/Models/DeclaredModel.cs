using System.Text.Json.Nodes;
using Nemotron.Crds;
using Nemotron.Kube;
using Planner = Nemotron.Planning;

namespace Nemotron.Controllers.Models;

/// <summary>
/// The catalogue entry that a NemotronModel stands for. Its spec has the catalogue's own keys, so the catalogue's own reader reads it,
/// and what one refuses the other does. Pure.
/// </summary>
internal static class DeclaredModel
{
    /// <summary>The entry.</summary>
    /// <param name="name">The NemotronModel's name, by which <c>modelRef</c> finds it.</param>
    /// <param name="spec">Its spec.</param>
    /// <param name="read">What was read from the checkpoint's config.json; null where the architecture is declared.</param>
    /// <exception cref="Planner.CatalogueException">The declaration does not add up; the message says where.</exception>
    public static Planner.ModelEntry Entry(string name, NemotronModelSpec spec, Planner.ModelEntry? read)
    {
        var document = new JsonObject
        {
            ["name"] = name,
            ["displayName"] = spec.DisplayName ?? name,
            ["remoteCode"] = read?.RemoteCode == true || spec.RemoteCode == true,
            ["engines"] = new JsonArray([.. (spec.Engines is { Count: > 0 } some ? some : Enum.GetValues<EngineKind>()).Select(engine => (JsonNode)engine.ToString())]),
            ["checkpoints"] = new JsonArray([.. (spec.Checkpoints ?? []).Select(Checkpoint)]),
            ["reasoning"] = Reasoning(spec.Reasoning),
            ["keptInBf16"] = new JsonArray([.. (spec.KeptInBf16 ?? []).Select(part => (JsonNode)part.ToString())]),
            ["launch"] = new JsonObject { ["parsers"] = new JsonArray([.. (spec.Parsers ?? []).Select(Parsers)]) },
            ["ssmState"] = read?.SsmState.ToString() ?? (spec.SsmState ?? StatePrecision.FP32).ToString(),
            ["architecture"] = JsonNode.Parse(ModelJson.Serialize(spec.Architecture ?? Placeholder)),
        };
        if (spec.ChatTemplate is { } template) document["chatTemplate"] = template.ToString();
        var entry = Planner.ModelYaml.Parse("spec", document.ToJsonString());
        return read is null ? entry : entry with { Architecture = read.Architecture };
    }

    // The reader wants an architecture; one read from config.json replaces this.
    private static readonly ArchitectureSpec Placeholder = new()
    {
        HiddenSize = 1,
        VocabularySize = 1,
        TiedEmbeddings = false,
        MaxContextTokens = 128,
        LayerCount = 1,
        Blocks = new Dictionary<string, BlockSpec> { ["ffn"] = new() { Ffn = new FfnBlock { Width = 1, Gated = false } } },
        Layers = [new LayerRunSpec { Repeat = 1, Blocks = ["ffn"] }],
    };

    private static JsonNode Checkpoint(ModelCheckpoint checkpoint)
    {
        var node = new JsonObject { ["id"] = checkpoint.Id, ["precision"] = (checkpoint.Precision ?? Precision.BF16).ToString() };
        if (checkpoint.MaxContextTokens is { } most) node["maxContextTokens"] = most;
        return node;
    }

    private static JsonNode Parsers(ModelParsers parsers)
    {
        var node = new JsonObject { ["since"] = parsers.Since };
        if (parsers.Reasoning is { } reasoning) node["reasoning"] = reasoning;
        if (parsers.Tool is { } tool) node["tool"] = tool;
        return node;
    }

    private static JsonObject Reasoning(ModelReasoning? reasoning)
    {
        var node = new JsonObject { ["grammar"] = (reasoning?.Grammar ?? ReasoningGrammar.None).ToString() };
        if (reasoning?.Default is { } mode) node["default"] = mode.ToString();
        if (Sampling(reasoning?.Sampling?.ModeOn) is { } on) node["on"] = on;
        if (Sampling(reasoning?.Sampling?.ModeOff) is { } off) node["off"] = off;
        return node;
    }

    private static JsonObject? Sampling(SamplingParameters? parameters)
    {
        if (parameters?.Temperature is not { } temperature) return null;
        var node = new JsonObject { ["temperature"] = temperature };
        if (parameters.TopP is { } topP) node["topP"] = topP;
        return node;
    }
}
