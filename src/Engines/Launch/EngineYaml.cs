using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;

namespace Nemotron.Engines.Launch;

/// <summary>The engine's YAML: ours, with the user's merged over it key by key.</summary>
internal static class EngineYaml
{
    // Building one costs a hundred times what a use of it does: it compiles regular expressions.
    private static readonly ISerializer Serializer = new SerializerBuilder().WithIndentedSequences().WithNewLine("\n").Build();
    private static readonly Lock Gate = new();

    /// <summary>Renders <paramref name="ours"/> with <paramref name="extra"/> (YAML text) merged over it: mappings merge, everything else is replaced.</summary>
    /// <exception cref="LaunchRefusedException"><paramref name="extra"/> is not a YAML mapping.</exception>
    public static string Render(IReadOnlyDictionary<string, object> ours, string? extra)
    {
        var root = new Dictionary<object, object>();
        foreach (var (key, value) in ours) root[key] = value;
        if (!string.IsNullOrWhiteSpace(extra)) Merge(root, ReadMapping(Read(extra)));
        lock (Gate) return Serializer.Serialize(root);
    }

    /// <summary>Reads the user's YAML.</summary>
    /// <exception cref="LaunchRefusedException">It is not one YAML mapping.</exception>
    public static YamlMappingNode Read(string extra)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(extra));
            if (stream.Documents is [{ RootNode: YamlMappingNode mapping }]) return mapping;
        }
        catch (YamlException e)
        {
            throw LaunchRefusedException.Invalid("engine.extraConfig",
                $"not valid YAML (line {e.Start.Line}, column {e.Start.Column}): {e.InnerException?.Message ?? e.Message}");
        }
        catch (InvalidOperationException)
        {
            // The scanner's own failure on a flow collection that the text ends within; it keeps the place to itself.
            throw LaunchRefusedException.Invalid("engine.extraConfig", "not valid YAML: is a bracket or brace left open?");
        }

        throw LaunchRefusedException.Invalid("engine.extraConfig",
            "must be one YAML mapping of the engine's options, such as \"scheduler_config: {capacity_scheduler_policy: GUARANTEED_NO_EVICT}\".");
    }

    private static Dictionary<object, object> ReadMapping(YamlMappingNode mapping) =>
        mapping.Children.ToDictionary(child => (object)child.Key.ToString(), child => ReadNode(child.Value));

    // Scalars keep the user's own spelling and quoting: what they wrote is what the engine reads.
    private static object ReadNode(YamlNode node) => node switch
    {
        YamlMappingNode mapping => ReadMapping(mapping),
        _ => node,
    };

    private static void Merge(Dictionary<object, object> into, Dictionary<object, object> from)
    {
        foreach (var (key, value) in from)
        {
            if (value is Dictionary<object, object> theirs && into.TryGetValue(key, out var old) && old is Dictionary<object, object> mine)
                Merge(mine, theirs);
            else
                into[key] = value;
        }
    }
}
