using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Fleet;
using Nemotron.Engines.Health;

namespace Nemotron.Engines.Bench;

/// <summary>What one polling process took.</summary>
internal sealed record Row(string Scenario, int Engines, double PollsPerSecond, double CpuPercentOfOneCore, double ResidentMiB, double ManagedMiB, double KilobytesPerPoll, int InExpectedState);

/// <summary>The process that is measured: a fleet of engines polled every 5 s, and nothing else.</summary>
internal static class PollingProcess
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Every engine has been polled several times: connections stand, code is compiled.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);

    public static async Task<string> MeasureAsync(Scenario scenario, int engines, TimeSpan length)
    {
        var time = TimeProvider.System;
        using var clients = new EngineClients(time);
        var options = new FleetOptions { PollInterval = Interval, Seed = 1, LoadInterval = scenario == Scenario.TrtLlmHttpWithLoad ? TimeSpan.FromSeconds(15) : null };
        await using var fleet = new EngineFleet(clients.Open, options, time);
        if (scenario != Scenario.Idle)
            for (var i = 0; i < engines; i++) fleet.Put(Endpoint(scenario, i));
        using var stop = new CancellationTokenSource();
        var running = fleet.RunAsync(stop.Token);
        await Task.Delay(WarmUp, time);

        using var process = Process.GetCurrentProcess();
        var (cpu, allocated, started, clock) = (process.TotalProcessorTime, GC.GetTotalAllocatedBytes(), fleet.PollsStarted, time.GetTimestamp());
        await Task.Delay(length, time);
        process.Refresh();
        var seconds = time.GetElapsedTime(clock).TotalSeconds;
        var used = process.TotalProcessorTime - cpu;
        var polls = fleet.PollsStarted - started;
        var expected = scenario == Scenario.Refused ? EngineState.Starting : EngineState.Ready;
        var row = new Row(
            scenario.ToString(), fleet.Count, polls / seconds, 100 * used.TotalSeconds / seconds, process.WorkingSet64 / 1048576.0, GC.GetTotalMemory(false) / 1048576.0,
            polls > 0 ? (GC.GetTotalAllocatedBytes() - allocated) / 1024.0 / polls : 0, fleet.Reports().Count(r => r.Health.State == expected && r.Age(time.GetUtcNow()) < Interval * 2));
        await stop.CancelAsync();
        await running;
        return JsonSerializer.Serialize(row);
    }

    private static EngineEndpoint Endpoint(Scenario scenario, int i)
    {
        var endpoint = new EngineEndpoint { Key = $"bench/engine-{i.ToString(CultureInfo.InvariantCulture)}", Protocol = EngineProtocol.TrtLlmHttp, Host = "127.0.0.1", Model = "super" };
        return scenario switch
        {
            Scenario.Triton => endpoint with { Protocol = EngineProtocol.Triton, GrpcPort = SimulatedEngines.GrpcPort + i },
            Scenario.TrtLlmGrpc => endpoint with { Protocol = EngineProtocol.TrtLlmGrpc, GrpcPort = SimulatedEngines.GrpcPort + i },
            // Port 1 of loopback: nothing listens there.
            Scenario.Refused => endpoint with { HttpPort = 1, Host = $"127.0.{i / 250}.{1 + (i % 250)}" },
            _ => endpoint with { HttpPort = SimulatedEngines.HttpPort + i },
        };
    }
}
