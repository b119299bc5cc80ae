using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Crds;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Cli.Simulations;

/// <summary>Reads <c>spec.autoscaling</c> of a manifest into the API's own type, so that the CLI takes what the API server takes.</summary>
internal static class AutoscalingSection
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Reads it.</summary>
    /// <param name="place">File and deployment, for errors.</param>
    /// <param name="node">The section; null where there is none.</param>
    public static AutoscalingSpec? Read(string place, YamlNode? node)
    {
        if (node is null) return null;
        try
        {
            var spec = ToJson(node).Deserialize<AutoscalingSpec>(Json) ?? throw new BadInputException($"{place}: spec.autoscaling: must not be empty");
            Check(place, spec);
            return spec;
        }
        catch (JsonException error)
        {
            var path = error.Path is { Length: > 1 } at ? "." + at.TrimStart('$').TrimStart('.') : "";
            throw new BadInputException($"{place}: spec.autoscaling{path}: {Plain(error.Message)}");
        }
    }

    // What admission refuses; the rest of its rules are about single figures, which the planner bounds itself.
    private static void Check(string place, AutoscalingSpec spec)
    {
        if (spec.MaxReplicas < 1) throw new BadInputException($"{place}: spec.autoscaling.maxReplicas: must be at least 1, not {spec.MaxReplicas}");
        if (spec.MinReplicas is < 1) throw new BadInputException($"{place}: spec.autoscaling.minReplicas: must be at least 1, not {spec.MinReplicas}");
        if (spec.MinReplicas > spec.MaxReplicas) throw new BadInputException($"{place}: spec.autoscaling.minReplicas: {spec.MinReplicas} must not be above maxReplicas, which is {spec.MaxReplicas}");
        foreach (var (name, percent) in new[] { ("kvUtilizationPercent", spec.Targets?.KvUtilizationPercent), ("throughputPercent", spec.Targets?.ThroughputPercent) })
        {
            if (percent is < 1 or > 100) throw new BadInputException($"{place}: spec.autoscaling.targets.{name}: must be between 1 and 100, not {percent}");
        }
        if (AutoscalingPolicy.Fault(spec) is { } fault) throw new BadInputException($"{place}: {fault}");
    }

    private static JsonNode? ToJson(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                var item = new JsonObject();
                foreach (var (key, value) in mapping.Children) item[((YamlScalarNode)key).Value ?? ""] = ToJson(value);
                return item;
            case YamlSequenceNode sequence:
                return new JsonArray([.. sequence.Children.Select(ToJson)]);
            default:
                var scalar = (YamlScalarNode)node;
                if (scalar.Style != ScalarStyle.Plain) return JsonValue.Create(scalar.Value);
                return scalar.Value switch
                {
                    null or "" or "~" or "null" => null,
                    "true" => JsonValue.Create(true),
                    "false" => JsonValue.Create(false),
                    var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
                    var text => JsonValue.Create(text),
                };
        }
    }

    private static string Plain(string message) => message.Split(" Path:", 2)[0].Replace("Nemotron.Crds.", "", StringComparison.Ordinal);
}
