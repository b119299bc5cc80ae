using System.Text;

namespace Nemotron.Gateway.Prompts;

/// <summary>Llama-Nemotron Nano, Super v1 and Ultra: Llama 3's headers, a system turn always; of what the model said before, the trace is left out.</summary>
internal static class LlamaNemotronPrompt
{
    /// <summary>Renders.</summary>
    public static string Render(IReadOnlyList<PromptMessage> messages, string? continued)
    {
        var leads = messages[0].Role == PromptRole.System;
        var prompt = new StringBuilder();
        Turn(prompt, PromptRole.System, leads ? messages[0].Text.Trim() : "");
        foreach (var message in messages.Skip(leads ? 1 : 0))
            Turn(prompt, message.Role, (message.Role == PromptRole.Assistant ? AfterTrace(message.Text) : message.Text).Trim());
        return prompt.Append(Header(PromptRole.Assistant)).Append(continued).ToString();
    }

    /// <summary>What opens a turn.</summary>
    internal static string Header(PromptRole role) => $"<|start_header_id|>{NameOf(role)}<|end_header_id|>\n\n";

    /// <summary>A whole turn.</summary>
    internal static void Turn(StringBuilder prompt, PromptRole role, string text) => prompt.Append(Header(role)).Append(text).Append("<|eot_id|>");

    /// <summary>What was said behind the last trace.</summary>
    internal static string AfterTrace(string text)
    {
        var end = text.LastIndexOf(PromptTemplate.TraceEnd, StringComparison.Ordinal);
        return end < 0 ? text : text[(end + PromptTemplate.TraceEnd.Length)..].TrimStart();
    }

    private static string NameOf(PromptRole role) => role switch
    {
        PromptRole.System => "system",
        PromptRole.User => "user",
        _ => "assistant",
    };
}
