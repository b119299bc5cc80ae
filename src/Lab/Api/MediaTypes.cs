using System.Globalization;

namespace Nemotron.Lab.Api;

/// <summary>The shape a client wants an answer in.</summary>
internal enum ResponseShape { Object, Table, PartialMetadata, PartialMetadataList }

/// <summary>The outcome of content negotiation.</summary>
/// <param name="Shape">Whole objects, a table, or metadata only.</param>
/// <param name="Yaml">YAML instead of JSON.</param>
internal readonly record struct Negotiated(ResponseShape Shape, bool Yaml)
{
    public string ContentType => Yaml ? "application/yaml" : "application/json";
}

/// <summary>Reading <c>Accept</c> and <c>Content-Type</c>.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string Protobuf = "application/vnd.kubernetes.protobuf";

    /// <summary>The first alternative of an <c>Accept</c> header that the server can give.</summary>
    /// <exception cref="ApiException">406 when there is none.</exception>
    public static Negotiated Negotiate(string? accept)
    {
        if (string.IsNullOrWhiteSpace(accept)) return new Negotiated(ResponseShape.Object, false);
        foreach (var (type, parameters) in Alternatives(accept))
        {
            bool yaml = type is "application/yaml" or "text/yaml";
            if (!yaml && type is not (Json or "application/*" or "*/*")) continue;
            string? shape = parameters.GetValueOrDefault("as");
            if (shape is null) return new Negotiated(ResponseShape.Object, yaml);
            if (parameters.GetValueOrDefault("g") != "meta.k8s.io") continue;
            switch (shape)
            {
                case "Table": return new Negotiated(ResponseShape.Table, yaml);
                case "PartialObjectMetadata": return new Negotiated(ResponseShape.PartialMetadata, yaml);
                case "PartialObjectMetadataList": return new Negotiated(ResponseShape.PartialMetadataList, yaml);
            }
        }
        throw ApiErrors.NotAcceptable();
    }

    /// <summary>The version of aggregated discovery asked for, or null for the plain lists.</summary>
    public static string? AggregatedDiscovery(string? accept)
    {
        foreach (var (type, parameters) in Alternatives(accept ?? ""))
        {
            if (type is not (Json or "*/*" or "application/*")) continue;
            if (!parameters.TryGetValue("as", out string? shape)) return null;
            if (shape == "APIGroupDiscoveryList" && parameters.GetValueOrDefault("g") == "apidiscovery.k8s.io"
                && parameters.GetValueOrDefault("v") is "v2" or "v2beta1") return parameters["v"];
        }
        return null;
    }

    /// <summary>The bare type of a <c>Content-Type</c>, lower case.</summary>
    public static string Bare(string? contentType) => (contentType ?? "").Split(';')[0].Trim().ToLower(CultureInfo.InvariantCulture);

    private static IEnumerable<(string Type, Dictionary<string, string> Parameters)> Alternatives(string accept)
    {
        foreach (string alternative in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = alternative.Split(';', StringSplitOptions.TrimEntries);
            var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (string part in parts.Skip(1))
            {
                int at = part.IndexOf('=', StringComparison.Ordinal);
                if (at > 0) parameters[part[..at]] = part[(at + 1)..];
            }
            yield return (parts[0].ToLower(CultureInfo.InvariantCulture), parameters);
        }
    }
}
