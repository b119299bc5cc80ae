using Nemotron.Planning;

namespace Nemotron.Lab.Engines;

/// <summary>
/// The mode that a simulated model takes: it obeys the switch of its own grammar to the letter, and nothing else. A switch of another
/// family, or one that is nearly right, has no effect, so that a wrong rewrite on the way shows.
/// </summary>
internal static class ReasoningSwitch
{
    private const StringComparison Exact = StringComparison.Ordinal;

    /// <summary>The mode for a prompt. A model whose card names no default answers at once when it is told nothing.</summary>
    /// <param name="spec">The model's switch.</param>
    /// <param name="prompt">The prompt.</param>
    public static ReasoningMode Read(ReasoningSpec spec, ChatPrompt prompt)
    {
        if (prompt.OpenedTrace is { } opened && spec.Grammar != ReasoningGrammar.None) return opened ? ReasoningMode.On : ReasoningMode.Off;
        var fallback = spec.DefaultMode ?? ReasoningMode.Off;
        var system = prompt.Messages is [{ Role: "system" } first, ..] ? first.Text.Trim() : "";
        return spec.Grammar switch
        {
            ReasoningGrammar.SystemDetailedThinking => system switch
            {
                "detailed thinking on" => ReasoningMode.On,
                "detailed thinking off" => ReasoningMode.Off,
                _ => fallback,
            },
            ReasoningGrammar.SystemNoThink => system.Contains("/no_think", Exact) ? ReasoningMode.Off : ReasoningMode.On,
            ReasoningGrammar.ThinkTags => LastTag(prompt) ?? fallback,
            ReasoningGrammar.SystemJson => system.Contains("{'reasoning': True}", Exact) ? ReasoningMode.On
                : system.Contains("{'reasoning': False}", Exact) ? ReasoningMode.Off : fallback,
            ReasoningGrammar.ChatTemplateKwargs => prompt.EnableThinking switch
            {
                true => ReasoningMode.On,
                false => ReasoningMode.Off,
                null => fallback,
            },
            _ => ReasoningMode.Off,
        };
    }

    private static ReasoningMode? LastTag(ChatPrompt prompt)
    {
        ReasoningMode? mode = null;
        foreach (var message in prompt.Messages.Where(message => message.Role is "system" or "user"))
        {
            // "/no_think" does not hold "/think": the slash stands elsewhere.
            var on = message.Text.LastIndexOf("/think", Exact);
            var off = message.Text.LastIndexOf("/no_think", Exact);
            if (on >= 0 || off >= 0) mode = on > off ? ReasoningMode.On : ReasoningMode.Off;
        }

        return mode;
    }
}
