namespace Nemotron.Operator.Tests.Harness;

/// <summary>Waits for a condition, with a limit that says what it waited for.</summary>
internal static class Until
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public static async Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null, Func<string>? details = null)
    {
        using var timer = new PeriodicTimer(Interval);
        var end = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(end) > (limit ?? TimeSpan.FromSeconds(60)))
                throw new TimeoutException($"Waited in vain for: {what}. {details?.Invoke()}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
