namespace Nemotron.Lab.Engines;

/// <summary>
/// Counts tokens of text without a vocabulary: one for every four characters begun, about what English takes with the tokenizers of
/// the Llama family. What the simulated model itself writes is counted exactly.
/// </summary>
internal static class SimulatedTokenizer
{
    private const int CharactersPerToken = 4;

    // A header and an end mark per message, and the header of the answer: those of the Llama 3 template.
    private const int PerMessage = 4;
    private const int AnswerHeader = 3;

    /// <summary>Tokens of a text; 0 for an empty one.</summary>
    public static int Count(string text) => (text.Length + CharactersPerToken - 1) / CharactersPerToken;

    /// <summary>Tokens of a conversation as a chat template renders it.</summary>
    public static int Count(IReadOnlyList<ChatMessage> messages)
    {
        var tokens = AnswerHeader;
        foreach (var message in messages) tokens += PerMessage + Count(message.Text);
        return tokens;
    }
}
