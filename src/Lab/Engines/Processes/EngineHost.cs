using Microsoft.Extensions.Logging;

namespace Nemotron.Lab.Engines;

/// <summary>What a Lab needs for simulated engines: its addresses, and what starts the engines at them. Lives as long as the Lab.</summary>
internal sealed class EngineHost : IAsyncDisposable
{
    private EngineHost(LabNetwork network, EngineRuntime runtime) => (Network, Runtime) = (network, runtime);

    /// <summary>The Lab's addresses.</summary>
    public LabNetwork Network { get; }

    /// <summary>Starts the engines.</summary>
    public EngineRuntime Runtime { get; }

    /// <summary>Claims addresses and starts the web server behind all engines.</summary>
    /// <param name="gateway">The gateway's program; null where something stands in for it.</param>
    /// <param name="time">The Lab's clock.</param>
    /// <param name="log">Where faults of the Lab itself go.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="IOException">This machine cannot have simulated engines; the message says why.</exception>
    public static async Task<EngineHost> StartAsync(string? gateway, TimeProvider time, ILogger log, CancellationToken cancel)
    {
        var network = LabNetwork.Claim();
        try
        {
            return new(network, await EngineRuntime.StartAsync(gateway, time, log, cancel));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        Network.Dispose();
    }
}
