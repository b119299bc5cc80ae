using System.Text.Json;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Infrastructure;

/// <summary>
/// The judge of a rewritten request: what each family's chat template reads in it, written down from the model cards and apart from the gateway's code.
/// Null: the template reads nothing, and the model does what it does by default.
/// </summary>
internal static class TemplateReading
{
    public static ReasoningMode? Of(ReasoningGrammar grammar, string body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var messages = Messages(root);
        return grammar switch
        {
            ReasoningGrammar.SystemDetailedThinking => messages.FirstOrDefault() switch
            {
                { Role: "system" } first when first.All.Trim() == "detailed thinking on" => ReasoningMode.On,
                { Role: "system" } first when first.All.Trim() == "detailed thinking off" => ReasoningMode.Off,
                _ => null,
            },
            // Of the first message only: later ones of the system's are left out of the prompt.
            ReasoningGrammar.SystemNoThink => messages.FirstOrDefault() is { Role: "system" } first && first.All.Contains("/no_think") ? ReasoningMode.Off : ReasoningMode.On,
            ReasoningGrammar.ThinkTags => ThinkTags(messages),
            ReasoningGrammar.SystemJson => messages.FirstOrDefault() switch
            {
                { Role: "system" } first when first.All.Contains("{'reasoning': True}") => ReasoningMode.On,
                { Role: "system" } first when first.All.Contains("{'reasoning': False}") => ReasoningMode.Off,
                _ => null,
            },
            ReasoningGrammar.ChatTemplateKwargs => root.TryGetProperty("chat_template_kwargs", out var kwargs) && kwargs.TryGetProperty("enable_thinking", out var said)
                ? said.GetBoolean() ? ReasoningMode.On : ReasoningMode.Off
                : null,
            _ => null,
        };
    }

    private static ReasoningMode ThinkTags(List<(string Role, string All)> messages)
    {
        var mode = ReasoningMode.On;
        foreach (var text in messages.Where(message => message.Role is "system" or "user").Select(message => message.All))
        {
            if (text.Replace("</think>", "").Contains("/think")) mode = ReasoningMode.On;
            else if (text.Contains("/no_think")) mode = ReasoningMode.Off;
        }

        return mode;
    }

    private static List<(string Role, string All)> Messages(JsonElement root)
    {
        var messages = new List<(string, string)>();
        if (root.TryGetProperty("instructions", out var instructions) && instructions.ValueKind == JsonValueKind.String) Add("system", instructions);
        if (root.TryGetProperty("input", out var input) && input.ValueKind == JsonValueKind.String) Add("user", input);
        var list = root.TryGetProperty("messages", out var chat) ? chat : input;
        if (list.ValueKind == JsonValueKind.Array)
            foreach (var message in list.EnumerateArray())
                Add(message.TryGetProperty("role", out var role) ? role.GetString()! : "", message.TryGetProperty("content", out var content) ? content : default);
        return messages;

        void Add(string role, JsonElement content)
        {
            string[] texts = content.ValueKind switch
            {
                JsonValueKind.String => [content.GetString()!],
                JsonValueKind.Array => [.. content.EnumerateArray().Select(part =>
                    part.TryGetProperty("text", out var text) || part.TryGetProperty("refusal", out text) || part.TryGetProperty("thinking", out text) ? text.GetString()! : "")],
                _ => [],
            };
            // So engines join the parts for a template that takes texts.
            messages.Add((role, string.Join('\n', texts)));
        }
    }
}
