using Microsoft.Extensions.Time.Testing;

namespace Nemotron.Kube.Tests;

/// <summary>Waits for conditions, never for times.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Waits until the condition holds; with a fake clock, lets it run (100 ms each look) meanwhile.</summary>
    internal static async Task True(Func<bool> condition, string what, FakeTimeProvider? clock = null, TimeSpan? step = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                throw new TimeoutException($"Not within {Patience.TotalSeconds} s: {what}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            clock?.Advance(step ?? TimeSpan.FromMilliseconds(100));
        }
    }
}
