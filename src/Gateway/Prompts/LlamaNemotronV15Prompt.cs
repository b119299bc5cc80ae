using System.Text;

namespace Nemotron.Gateway.Prompts;

/// <summary>Super v1.5: as v1, but <c>/no_think</c> is taken out of the system's words, and the answer then begins behind an empty trace; texts are not trimmed.</summary>
internal static class LlamaNemotronV15Prompt
{
    private const string NoThink = "/no_think", Think = "/think";

    /// <summary>Renders.</summary>
    public static string Render(IReadOnlyList<PromptMessage> messages, string? continued)
    {
        var (system, rest) = PromptTemplate.Lead(messages);
        var thinks = true;
        var words = system ?? "";
        if (words.Contains(NoThink, StringComparison.Ordinal))
        {
            words = words.Replace(NoThink, "", StringComparison.Ordinal).Trim();
            thinks = false;
        }
        else if (words.Contains(Think, StringComparison.Ordinal)) words = words.Replace(Think, "", StringComparison.Ordinal).Trim();

        var prompt = new StringBuilder();
        LlamaNemotronPrompt.Turn(prompt, PromptRole.System, string.IsNullOrEmpty(system) ? "" : words + "\n\n");
        foreach (var message in rest)
            LlamaNemotronPrompt.Turn(prompt, message.Role, message.Role == PromptRole.Assistant ? LlamaNemotronPrompt.AfterTrace(message.Text) : message.Text);
        return prompt.Append(LlamaNemotronPrompt.Header(PromptRole.Assistant)).Append(thinks ? "" : "<think>\n\n</think>\n\n").Append(continued).ToString();
    }
}
