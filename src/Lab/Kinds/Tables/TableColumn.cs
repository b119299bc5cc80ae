using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Tables;

/// <summary>One column of a <c>meta.k8s.io/v1 Table</c>.</summary>
/// <param name="Name">The header, such as <c>Up-to-date</c>.</param>
/// <param name="Type"><c>string</c>, <c>integer</c>, <c>date</c>, …</param>
/// <param name="Format"><c>name</c> for the name column, else empty.</param>
/// <param name="Description">What the column says.</param>
/// <param name="Priority">0 is always shown, 1 only in wide output.</param>
/// <param name="Cell">The value for an object at a time.</param>
internal sealed record TableColumn(
    string Name, string Type, string Format, string Description, int Priority, Func<JsonObject, DateTimeOffset, JsonNode?> Cell);
