namespace Nemotron.Lab.Engines;

/// <summary>The seed of an answer: a hash of what was asked, so that the same request gets the same answer wherever and whenever.</summary>
internal static class RequestSeed
{
    private const ulong Offset = 14_695_981_039_346_656_037;
    private const ulong Prime = 1_099_511_628_211;

    /// <summary>Of one choice of a request: FNV-1a over model, messages, the request's own seed and the choice's number.</summary>
    public static ulong Of(string model, Asked asked, int choice)
    {
        var hash = Add(Offset, model);
        foreach (var message in asked.Prompt.Messages) hash = Add(Add(hash, message.Role), message.Text);
        return Add(Add(hash, asked.Seed ?? 0), choice);
    }

    private static ulong Add(ulong hash, string text)
    {
        foreach (var character in text) hash = (hash ^ character) * Prime;
        return (hash ^ 0xFFFF) * Prime;
    }

    private static ulong Add(ulong hash, long number)
    {
        for (var shift = 0; shift < 64; shift += 8) hash = (hash ^ (byte)(number >> shift)) * Prime;
        return hash;
    }
}
