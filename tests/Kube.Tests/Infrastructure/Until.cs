using Microsoft.Extensions.Time.Testing;

namespace Nemotron.Kube.Tests;

/// <summary>Waits for conditions, never for times.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits until the condition holds; with a fake clock, lets it run (50 ms each look) meanwhile: slowly enough that a loaded machine's real requests are not outrun by fake timeouts.</summary>
    internal static async Task True(Func<bool> condition, string what, FakeTimeProvider? clock = null, TimeSpan? step = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                throw new TimeoutException($"Not within {Patience.TotalSeconds} s: {what}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(3), TimeProvider.System);
            clock?.Advance(step ?? TimeSpan.FromMilliseconds(50));
        }
    }
}
