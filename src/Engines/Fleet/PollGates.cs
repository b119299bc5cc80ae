namespace Nemotron.Engines.Fleet;

/// <summary>How much is under way at once over the whole fleet.</summary>
internal sealed class PollGates(int polls, int probes) : IDisposable
{
    public SemaphoreSlim Polls { get; } = new(polls);

    public SemaphoreSlim Probes { get; } = new(probes);

    public void Dispose()
    {
        Polls.Dispose();
        Probes.Dispose();
    }
}
