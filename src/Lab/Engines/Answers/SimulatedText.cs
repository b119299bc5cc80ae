namespace Nemotron.Lab.Engines;

/// <summary>Words without meaning, one token each: the same seed and place give the same word.</summary>
/// <param name="seed">Decides all of it.</param>
internal readonly struct SimulatedText(ulong seed)
{
    private const int SentenceWords = 13;
    private const int ParagraphSentences = 6;

    private static readonly string[] Words =
    [
        "the", "a", "of", "to", "and", "in", "that", "it", "is", "for", "as", "with", "on", "by", "this", "from", "at", "which", "one", "each",
        "token", "tensor", "batch", "block", "cache", "layer", "head", "query", "key", "value", "weight", "scale", "step", "queue", "request",
        "answer", "model", "context", "prompt", "sequence", "memory", "kernel", "graph", "stream", "node", "replica", "group", "rank", "load",
        "time", "rate", "limit", "order", "number", "sum", "bound", "case", "path", "part", "point", "level", "state", "result", "reason",
        "first", "second", "next", "last", "same", "other", "small", "large", "long", "short", "new", "old", "free", "full", "exact", "even",
        "holds", "takes", "gives", "needs", "reads", "writes", "moves", "waits", "grows", "ends", "begins", "fits", "fills", "keeps", "counts",
        "therefore", "because", "while", "after", "before", "when", "where", "between", "within", "without", "again", "once", "only", "also",
    ];

    /// <summary>How many different words there are.</summary>
    public static int VocabularySize => Words.Length;

    /// <summary>Which word stands at a place.</summary>
    public int WordAt(int place)
    {
        // SplitMix64: well mixed, and nothing to remember between places.
        var bits = seed + (0x9E3779B97F4A7C15UL * (ulong)(place + 1));
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9UL;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBUL;
        return (int)((bits ^ (bits >> 31)) % (ulong)Words.Length);
    }

    /// <summary>The text of the token at a place, with what separates it from the one before.</summary>
    public string At(int place)
    {
        var inSentence = place % SentenceWords;
        var word = Words[WordAt(place)];
        if (inSentence == 0) word = char.ToUpperInvariant(word[0]) + word[1..];
        if (inSentence == SentenceWords - 1) word += ".";
        if (place == 0) return word;
        return place % (SentenceWords * ParagraphSentences) == 0 ? "\n\n" + word : " " + word;
    }
}
