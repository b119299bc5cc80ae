using Nemotron.Planning;

namespace Nemotron.Lab.Engines;

/// <summary>How long the simulated model thinks and answers.</summary>
/// <param name="Thinking">Tokens of the trace, its marks not counted; 0 without one.</param>
/// <param name="Answer">Tokens of the answer.</param>
internal readonly record struct AnswerLength(int Thinking, int Answer)
{
    // Medians and spreads of log-normal lengths. With them a request that thinks writes about 8 times as much on average; measured on
    // Super v1.5 over eight benchmarks: 5.5 to 31 times (tokens with reasoning on over off).
    private const double MedianAnswer = 250;
    private const double AnswerSpread = 0.7;
    private const double MedianThinking = 1500;
    private const double ThinkingSpread = 0.8;
    private const int Longest = 32_768;

    /// <summary>Draws a length.</summary>
    /// <param name="mode">Whether the model thinks.</param>
    /// <param name="random">The source; of the request, so that the same request gets the same answer.</param>
    public static AnswerLength Draw(ReasoningMode mode, Random random)
    {
        var answer = LogNormal(random, MedianAnswer, AnswerSpread);
        return new(mode == ReasoningMode.On ? LogNormal(random, MedianThinking, ThinkingSpread) : 0, answer);
    }

    /// <summary>A length of so many tokens in all, divided as the drawn one is.</summary>
    /// <param name="tokens">Tokens in all, 1 or more.</param>
    public AnswerLength Scaled(int tokens)
    {
        var thinking = (int)((long)tokens * Thinking / (Thinking + Answer));
        return new(thinking, Math.Max(1, tokens - thinking));
    }

    private static int LogNormal(Random random, double median, double spread)
    {
        // Box and Muller.
        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return (int)Math.Clamp(median * Math.Exp(spread * normal), 1, Longest);
    }
}
