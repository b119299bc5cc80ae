using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Nemotron.Crds.Generation;

/// <summary>
/// Fills in a manifest what the API server would, for tools that read manifests from files.
/// Objects that come from an API server have their defaults already.
/// </summary>
public static class ManifestDefaults
{
    private static readonly ConcurrentDictionary<Type, JsonObject> Schemas = new();

    /// <summary>Writes the defaults of a kind into a manifest, in place. What is set stays; rules are not checked.</summary>
    /// <param name="kind">One of <see cref="ApiKinds.All"/>.</param>
    /// <param name="manifest">The resource as JSON.</param>
    public static void Apply(Type kind, JsonObject manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var schema = Schemas.GetOrAdd(kind, static k => new SchemaBuilder(new XmlDocumentation(new XDocument())).Build(k));
        SchemaDefaults.Apply(manifest, schema);
    }
}
