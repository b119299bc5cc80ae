using System.Text.RegularExpressions;

namespace Nemotron.Planning;

/// <summary>Reads one model of the catalogue from its YAML document (the format is described in <c>docs/memory-plan.md</c>).</summary>
public static partial class ModelYaml
{
    /// <summary>Reads a model.</summary>
    /// <param name="file">What errors call the document.</param>
    /// <param name="text">The document.</param>
    /// <exception cref="CatalogueException">The text is no YAML, has a wrong key or value, or its layers do not add up.</exception>
    public static ModelEntry Parse(string file, string text)
    {
        var root = DocumentNode.Parse(file, text);
        var template = root.Optional("chatTemplate")?.Enum<ChatTemplate>();
        var entry = new ModelEntry
        {
            Name = root.Required("name").Text(),
            DisplayName = root.Optional("displayName")?.Text() ?? root.Required("name").Text(),
            Tier = root.Optional("tier")?.Enum<ModelTier>(),
            Aliases = root.Optional("aliases")?.Texts() ?? [],
            RemoteCode = root.Optional("remoteCode")?.Bool() ?? false,
            Engines = [.. root.Optional("engines")?.Items().Select(item => item.Enum<EngineKind>()) ?? []],
            Checkpoints = [.. root.Optional("checkpoints")?.Items().Select(ReadCheckpoint) ?? []],
            Reasoning = root.Optional("reasoning") is { } reasoning ? ReadReasoning(reasoning, template) : ReasoningSpec.None,
            ChatTemplate = template,
            KeptInBf16 = [.. root.Optional("keptInBf16")?.Items().Select(ReadQuantisable) ?? []],
            SsmState = root.Optional("ssmState")?.Enum<StatePrecision>() ?? StatePrecision.FP32,
            Launch = root.Optional("launch") is { } launch ? ReadLaunch(launch) : LaunchFacts.None,
            Provenance = [.. root.Optional("provenance")?.Items().Select(ReadProvenance) ?? []],
            Architecture = ArchitectureYaml.Read(root.Required("architecture")),
        };
        root.Finish();
        return entry;
    }

    internal static FigureProvenance ReadProvenance(DocumentNode node)
    {
        var mark = new FigureProvenance(
            node.Required("figure").Text(), node.Required("status").Enum<FigureStatus>(), node.Required("note").Text());
        node.Finish();
        return mark;
    }

    private static TensorClass ReadQuantisable(DocumentNode node)
    {
        var tensors = node.Enum<TensorClass>();
        return tensors is TensorClass.Attention or TensorClass.Ffn or TensorClass.Mamba
            ? tensors
            : throw node.Error($"{tensors} stays in bf16 anyway; name Attention, Ffn or Mamba");
    }

    private static Checkpoint ReadCheckpoint(DocumentNode node)
    {
        var checkpoint = new Checkpoint(
            node.Required("id").Text(),
            node.Required("precision").Enum<Precision>(),
            node.Optional("maxContextTokens")?.Int(1, ArchitectureYaml.MaxContext),
            node.Optional("blockScaled")?.Bool() ?? false);
        if (checkpoint is { BlockScaled: true, Precision: not Precision.FP8 }) throw node.Error("blockScaled", "only FP8 checkpoints are scaled by blocks here");
        node.Finish();
        return checkpoint;
    }

    private static LaunchFacts ReadLaunch(DocumentNode node)
    {
        var facts = new LaunchFacts
        {
            GuidedDecoding = node.Optional("guidedDecoding")?.Enum<FeatureSupport>() ?? FeatureSupport.NotFound,
            Parsers = [.. node.Optional("parsers")?.Items().Select(ReadParsers) ?? []],
        };
        node.Finish();
        return facts;
    }

    private static ParserNames ReadParsers(DocumentNode node)
    {
        var since = node.Required("since").Text();
        if (!Release().IsMatch(since)) throw node.Error("since", $"must be a release of TensorRT-LLM such as 1.2.0 or 1.3.0rc11, not '{since}'");
        var names = new ParserNames(since, node.Optional("reasoning")?.Text(), node.Optional("tool")?.Text());
        if (names is { Reasoning: null, Tool: null }) throw node.Error("needs reasoning, tool, or both");
        node.Finish();
        return names;
    }

    [GeneratedRegex(@"^[0-9]{1,4}(\.[0-9]{1,4}){1,2}(rc[0-9]{1,4})?$")]
    private static partial Regex Release();

    private static ReasoningSpec ReadReasoning(DocumentNode node, ChatTemplate? template)
    {
        var spec = new ReasoningSpec
        {
            Grammar = node.Required("grammar").Enum<ReasoningGrammar>(),
            DefaultMode = node.Optional("default")?.Enum<ReasoningMode>(),
            TraceOpenedBy = node.Optional("traceOpenedBy")?.Enum<TraceOpener>() ?? (template is ChatTemplate.NemotronH or ChatTemplate.NemotronNanoV2 ? TraceOpener.Template : TraceOpener.Model),
            SamplingOn = node.Optional("on") is { } on ? ReadSampling(on) : null,
            SamplingOff = node.Optional("off") is { } off ? ReadSampling(off) : null,
        };
        node.Finish();
        return spec;
    }

    private static SamplingDefaults ReadSampling(DocumentNode node)
    {
        var sampling = new SamplingDefaults(
            node.Required("temperature").Double(0, 2), node.Optional("topP")?.Double(0.000_001, 1));
        node.Finish();
        return sampling;
    }
}
