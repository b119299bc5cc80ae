using System.Text;

namespace Nemotron.Gateway.Prompts;

/// <summary>
/// Nemotron Nano v2: <c>/think</c> and <c>/no_think</c> are taken out of what system and user say, and the last message with either decides whether the answer
/// begins inside a trace, as it does without them, or behind an empty one. A conversation that ends with the model's own words is gone on with.
/// </summary>
internal static class NemotronNanoV2Prompt
{
    private const string Think = "/think", NoThink = "/no_think";

    /// <summary>Renders.</summary>
    public static string Render(IReadOnlyList<PromptMessage> messages, string? continued)
    {
        var (system, rest) = PromptTemplate.Lead(messages);
        var begun = "";
        if (rest is [.., { Role: PromptRole.Assistant } last]) (begun, rest) = (last.Text.Trim(), [.. rest.SkipLast(1)]);
        var prompt = new StringBuilder("<SPECIAL_10>System\n").Append(WithoutTags(system ?? "")).Append('\n');
        foreach (var message in rest)
        {
            if (message.Role == PromptRole.User) prompt.Append("<SPECIAL_11>User\n").Append(WithoutTags(message.Text)).Append('\n');
            else prompt.Append("<SPECIAL_11>Assistant\n").Append(AfterTrace(message.Text)).Append("\n<SPECIAL_12>\n");
        }

        return prompt.Append("<SPECIAL_11>Assistant\n").Append(Thinks(messages) ? "<think>\n" : "<think></think>").Append(begun).Append(continued).ToString();
    }

    private static bool Thinks(IReadOnlyList<PromptMessage> messages)
    {
        var thinks = true;
        foreach (var message in messages)
        {
            if (message.Role == PromptRole.Assistant) continue;
            // The mark that closes a quoted trace is no tag.
            if (message.Text.Replace(PromptTemplate.TraceEnd, "", StringComparison.Ordinal).Contains(Think, StringComparison.Ordinal)) thinks = true;
            else if (message.Text.Contains(NoThink, StringComparison.Ordinal)) thinks = false;
        }

        return thinks;
    }

    private static string WithoutTags(string text)
    {
        var pieces = text.Split(PromptTemplate.TraceEnd);
        for (var i = 0; i < pieces.Length; i++) pieces[i] = pieces[i].Replace(Think, "", StringComparison.Ordinal).Replace(NoThink, "", StringComparison.Ordinal);
        return string.Join(PromptTemplate.TraceEnd, pieces).Trim();
    }

    // Up to the next mark, where there are several: so the template has it.
    private static string AfterTrace(string text) => (text.Split(PromptTemplate.TraceEnd) is [_, var answer, ..] ? answer : text).Trim();
}
