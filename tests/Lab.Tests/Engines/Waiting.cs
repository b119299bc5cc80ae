namespace Nemotron.Lab.Engines.Tests;

/// <summary>Waits for what nobody announces; real time bounds a hanging test only.</summary>
internal static class Waiting
{
    public static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!holds()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
    }
}
