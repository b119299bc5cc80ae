using System.Text;

namespace Nemotron.Gateway.Prompts;

/// <summary>
/// Nemotron-H reasoning: the answer begins inside a trace, or behind an empty one, by what the system says. A conversation that ends with the model's own
/// words is gone on with, as its template does.
/// </summary>
internal static class NemotronHPrompt
{
    /// <summary>Renders.</summary>
    public static string Render(IReadOnlyList<PromptMessage> messages, string? continued)
    {
        var (system, rest) = PromptTemplate.Lead(messages);
        if (rest.Count == 0) throw new BadRequestException("This model's chat template needs a message of the user's.", "messages", "missing_field");
        var prompt = new StringBuilder("<SPECIAL_10>System\n").Append(system?.Trim());
        foreach (var message in rest)
        {
            if (message.Role == PromptRole.User) prompt.Append("\n<SPECIAL_11>User\n").Append(message.Text.Trim()).Append("\n<SPECIAL_11>Assistant\n");
            else prompt.Append(message.Text.Trim());
        }

        if (rest[^1].Role == PromptRole.User && system is not null)
        {
            if (system.Contains("{'reasoning': True}", StringComparison.Ordinal)) prompt.Append("<think>\n");
            else if (system.Contains("{'reasoning': False}", StringComparison.Ordinal)) prompt.Append("<think></think>");
        }

        return prompt.Append(continued).ToString();
    }
}
