using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers;

/// <summary>An object's place within its resource.</summary>
/// <param name="Namespace">The namespace, or null for cluster scope.</param>
/// <param name="Name">The name.</param>
internal readonly record struct ObjectKey(string? Namespace, string Name)
{
    /// <summary>The key of an object as served.</summary>
    public static ObjectKey Of(JsonObject obj) => new(obj.Namespace(), obj.Name());

    /// <inheritdoc/>
    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
