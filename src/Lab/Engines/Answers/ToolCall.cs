using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Engines;

/// <summary>A call of a tool that the simulated model makes.</summary>
/// <param name="Name">The function.</param>
/// <param name="Arguments">Its arguments as JSON text.</param>
internal sealed record ToolCall(string Name, string Arguments)
{
    private const string Open = "<TOOLCALL>";
    private const string Close = "</TOOLCALL>";

    /// <summary>
    /// The calls that a request is answered with. The model calls when it must (<c>tool_choice</c> is <c>required</c> or names a function), or
    /// may and the last message is the user's; after a tool's result it answers in words. It calls the named function, else the first, with
    /// an argument for every required property.
    /// </summary>
    /// <param name="request">The request's body.</param>
    /// <param name="prompt">Its messages.</param>
    public static IReadOnlyList<ToolCall> Decide(JsonObject request, ChatPrompt prompt)
    {
        var functions = request.Items("tools").Select(tool => tool.Obj("function")).OfType<JsonObject>().ToList();
        var choice = request.Text("tool_choice") ?? "auto";
        if (functions.Count == 0 || choice == "none") return [];
        var named = request.Text("tool_choice", "function", "name");
        if (named is null && choice != "required" && prompt.Messages is not [.., { Role: "user" }]) return [];
        var function = named is null ? functions[0] : functions.FirstOrDefault(candidate => candidate.Text("name") == named);
        return function is null ? [] : [new(function.Text("name") ?? "", Example(function.Obj("parameters")).ToJsonString())];
    }

    /// <summary>The calls as the Nemotron models write them, in pieces of a token each.</summary>
    public static string[] Render(IReadOnlyList<ToolCall> calls)
    {
        var text = "[" + string.Join(", ", calls.Select(call => $$"""{"name": "{{call.Name}}", "arguments": {{call.Arguments}}}""")) + "]";
        return [Open, .. text.Chunk(4).Select(piece => new string(piece)), Close];
    }

    private static JsonObject Example(JsonObject? schema)
    {
        var example = new JsonObject();
        var required = schema.Texts("required").ToHashSet(StringComparer.Ordinal);
        foreach (var (name, property) in schema.Obj("properties") ?? [])
        {
            if (required.Count == 0 || required.Contains(name)) example[name] = Value(property as JsonObject);
        }

        return example;
    }

    private static JsonNode Value(JsonObject? property)
    {
        if (property.At("enum") is JsonArray { Count: > 0 } allowed && allowed[0] is { } first) return first.DeepClone();
        return property.Text("type") switch
        {
            "integer" or "number" => 1,
            "boolean" => true,
            "array" => new JsonArray(),
            "object" => Example(property),
            _ => "simulated",
        };
    }
}
