using System.Globalization;
using Nemotron.Planning;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Cli.Plans;

/// <summary>The fields of a NemotronDeployment that a memory plan depends on; null where the file leaves them out.</summary>
internal sealed record DeploymentFields
{
    public required string Name { get; init; }
    public required string Model { get; init; }
    public Precision? Precision { get; init; }
    public int? TensorParallel { get; init; }
    public int? PipelineParallel { get; init; }
    public int? ContextTokens { get; init; }
    public int? Concurrency { get; init; }
    public KvPrecision? KvPrecision { get; init; }
    public double? MemoryFraction { get; init; }
    public EngineKind? Engine { get; init; }

    /// <summary>What is written under <c>spec.autoscaling</c>, not read yet.</summary>
    public YamlNode? Autoscaling { get; init; }
}

/// <summary>Finds the NemotronDeployments of a manifest. Other kinds, and fields that do not bear on memory, are passed over: the API server judges those.</summary>
internal static class DeploymentFile
{
    private const string Kind = "NemotronDeployment";

    public static IReadOnlyList<DeploymentFields> Read(string file, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException error)
        {
            throw new BadInputException($"{file}: line {error.Start.Line}: {error.InnerException?.Message ?? error.Message}");
        }
        catch (InvalidOperationException)
        {
            // The scanner's own failure on a flow collection that the text ends within; it keeps the place to itself.
            throw new BadInputException($"{file}: is not YAML; is a bracket or brace left open?");
        }
        var found = stream.Documents.Select(document => document.RootNode).OfType<YamlMappingNode>()
            .SelectMany(Unlisted)
            .Where(root => Scalar(root, "kind") == Kind)
            .Select((root, at) => ReadOne(file, at, root)).ToArray();
        return found.Length > 0 ? found : throw new BadInputException($"{file}: holds no {Kind}");
    }

    // "kubectl get -o yaml" wraps several objects into a List.
    private static IEnumerable<YamlMappingNode> Unlisted(YamlMappingNode root) =>
        Child(root, "items") is YamlSequenceNode items ? items.OfType<YamlMappingNode>() : [root];

    private static DeploymentFields ReadOne(string file, int at, YamlMappingNode root)
    {
        var name = Child(root, "metadata") is YamlMappingNode metadata ? Scalar(metadata, "name") : null;
        name ??= string.Create(CultureInfo.InvariantCulture, $"#{at + 1}");
        var place = $"{file}: {name}";
        if (Child(root, "spec") is not YamlMappingNode spec) throw new BadInputException($"{place}: spec: is required");
        var cache = Child(spec, "kvCache") as YamlMappingNode;
        var engine = Child(spec, "engine") as YamlMappingNode;
        return new DeploymentFields
        {
            Name = name,
            Model = ReadModel(place, spec),
            Precision = Enumerated<Precision>(place, "spec.precision", Scalar(spec, "precision")),
            TensorParallel = Whole(place, "spec.tensorParallel", Scalar(spec, "tensorParallel")),
            PipelineParallel = Whole(place, "spec.pipelineParallel", Scalar(spec, "pipelineParallel")),
            ContextTokens = Whole(place, "spec.maxContextTokens", Scalar(spec, "maxContextTokens")),
            Concurrency = Whole(place, "spec.maxConcurrentRequests", Scalar(spec, "maxConcurrentRequests")),
            KvPrecision = Enumerated<KvPrecision>(place, "spec.kvCache.precision", cache is null ? null : Scalar(cache, "precision")),
            MemoryFraction = Fraction(place, "spec.kvCache.freeGpuMemoryFraction", cache is null ? null : Scalar(cache, "freeGpuMemoryFraction")),
            Engine = Enumerated<EngineKind>(place, "spec.engine.type", engine is null ? null : Scalar(engine, "type")),
            Autoscaling = Child(spec, "autoscaling"),
        };
    }

    private static string ReadModel(string place, YamlMappingNode spec)
    {
        var tier = Scalar(spec, "model");
        var reference = Child(spec, "modelRef") switch
        {
            YamlMappingNode mapping => Scalar(mapping, "name") ?? throw new BadInputException($"{place}: spec.modelRef.name: is required"),
            YamlScalarNode { Value: { Length: > 0 } text } => text,
            _ => null,
        };
        return (tier, reference) switch
        {
            ({ } model, null) => model,
            (null, { } model) => model,
            _ => throw new BadInputException($"{place}: spec: exactly one of model and modelRef must be set"),
        };
    }

    private static TEnum? Enumerated<TEnum>(string place, string path, string? text) where TEnum : struct, Enum
    {
        if (text is null) return null;
        return Enum.GetNames<TEnum>().Contains(text, StringComparer.Ordinal)
            ? Enum.Parse<TEnum>(text)
            : throw new BadInputException($"{place}: {path}: '{text}' is not one of {string.Join(", ", Enum.GetNames<TEnum>())}");
    }

    private static int? Whole(string place, string path, string? text)
    {
        if (text is null) return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new BadInputException($"{place}: {path}: must be a whole number, not '{text}'");
    }

    private static double? Fraction(string place, string path, string? text)
    {
        if (text is null) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= 1
            ? value
            : throw new BadInputException($"{place}: {path}: must be above 0 and at most 1, not '{text}'");
    }

    private static YamlNode? Child(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;

    private static string? Scalar(YamlMappingNode node, string key) =>
        Child(node, key) is YamlScalarNode { Value: { Length: > 0 } text } && text is not ("null" or "~") ? text : null;
}
