using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>The 422 answer: <c>Widget.lab.example.com "x" is invalid: …</c></summary>
internal static class InvalidStatus
{
    /// <summary>The sentence: one cause plain, several in brackets, repetitions once.</summary>
    /// <param name="kind">The object's kind.</param>
    /// <param name="group">Its API group; empty for the core group.</param>
    /// <param name="name">Its name.</param>
    /// <param name="causes">What is wrong, at least one.</param>
    public static string Message(string kind, string group, string name, IReadOnlyList<StatusCause> causes)
    {
        var sentences = causes.Select(c => $"{c.Field}: {c.Message}").Distinct(StringComparer.Ordinal).ToList();
        var text = sentences.Count == 1 ? sentences[0] : $"[{string.Join(", ", sentences)}]";
        return $"{(group.Length == 0 ? kind : $"{kind}.{group}")} {GoText.Quote(name)} is invalid: {text}";
    }

    /// <summary>The refusal to throw, with details and causes.</summary>
    /// <inheritdoc cref="Message"/>
    public static ApiException Create(string kind, string group, string name, IReadOnlyList<StatusCause> causes)
    {
        var details = new JsonObject();
        if (name.Length > 0) details["name"] = name;
        if (group.Length > 0) details["group"] = group;
        details["kind"] = kind;
        details["causes"] = new JsonArray([.. causes.Select(c => (JsonNode)new JsonObject
        {
            ["reason"] = c.Reason,
            ["message"] = c.Message,
            ["field"] = c.Field,
        })]);
        return new ApiException(422, "Invalid", Message(kind, group, name, causes), details);
    }
}
