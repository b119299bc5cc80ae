using System.Runtime.InteropServices;

namespace Nemotron.Gateway.Draining;

/// <summary>Makes SIGTERM and SIGINT a drain and then a stop; a second one stops at once.</summary>
internal sealed class DrainLifetime(Drain drain, IHostApplicationLifetime application) : IHostLifetime, IDisposable
{
    private readonly CancellationTokenSource _impatient = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _asked;

    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT }) _signals.Add(PosixSignalRegistration.Create(signal, Handle));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        _impatient.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _asked) == 1) _ = StopAsync();
        else _impatient.Cancel();
    }

    private async Task StopAsync()
    {
        try
        {
            await drain.LeaveAsync(_impatient.Token);
        }
        catch (OperationCanceledException)
        {
            // Asked twice: whatever is in flight goes down with the process.
        }

        application.StopApplication();
    }
}
