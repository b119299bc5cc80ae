using System.Globalization;

namespace Nemotron.Planning.Scaling;

/// <summary>Discards what cannot be true or is too old, and says so: what remains is known, and the rest is unknown.</summary>
public static class SignalScreen
{
    /// <summary>Readings older than this are not used: four scrapes of 15 s.</summary>
    public static readonly TimeSpan OldestReading = TimeSpan.FromSeconds(75);

    /// <summary>Screens.</summary>
    /// <param name="signals">As they came.</param>
    /// <returns>What can be used, and a short sentence for each kind of reading that cannot be true.</returns>
    public static (ScalingSignals Signals, IReadOnlyList<string> Discarded) Screen(ScalingSignals signals)
    {
        List<string>? discarded = null;
        var off = Mode(signals.Modes.Off, "Off");
        var on = Mode(signals.Modes.On, "On");
        var replicas = new List<ReplicaSignals>(signals.PerReplica.Count);
        foreach (var replica in signals.PerReplica) replicas.Add(Replica(replica));
        var held = Plausible(signals.Held, "requests held");
        var screened = signals with { Modes = new ByMode<ModeSignals>(off, on), PerReplica = replicas, Held = held };
        return (screened, discarded ?? (IReadOnlyList<string>)[]);

        ModeSignals Mode(ModeSignals mode, string name) => mode with
        {
            Arrivals = Plausible(mode.Arrivals, $"arrivals of mode {name}"),
            Completions = Plausible(mode.Completions, $"completions of mode {name}"),
            PromptTokens = Plausible(mode.PromptTokens, $"prompt tokens of mode {name}"),
            OutputTokens = Plausible(mode.OutputTokens, $"output tokens of mode {name}"),
            CompletedTokens = Plausible(mode.CompletedTokens, $"completed tokens of mode {name}"),
            InFlight = Plausible(mode.InFlight, $"requests in flight of mode {name}"),
            Errors = Plausible(mode.Errors, $"errors of mode {name}"),
            // A percentile of no requests is NaN: that is no fault, and says nothing.
            TtftSeconds = Plausible(mode.TtftSeconds, $"TTFT of mode {name}", nanIsAbsent: true),
            ItlSeconds = Plausible(mode.ItlSeconds, $"ITL of mode {name}", nanIsAbsent: true),
        };

        ReplicaSignals Replica(ReplicaSignals replica)
        {
            var used = Plausible(replica.KvTokensUsed, "KV tokens used");
            var total = Plausible(replica.KvTokensTotal, "KV tokens in all");
            if (used is { } held && total is { } all && held.Value > all.Value)
            {
                Discard(string.Create(CultureInfo.InvariantCulture, $"KV cache of {replica.Name} in use by {100 * held.Value / Math.Max(1, all.Value):0} %"));
                used = null;
            }
            return replica with { Queued = Plausible(replica.Queued, "requests queued"), Running = Plausible(replica.Running, "requests running"), KvTokensUsed = used, KvTokensTotal = total };
        }

        Reading? Plausible(Reading? reading, string what, bool nanIsAbsent = false, double most = double.MaxValue)
        {
            if (reading is not { } known) return null;
            if (nanIsAbsent && double.IsNaN(known.Value)) return null;
            if (!double.IsFinite(known.Value) || known.Value < 0 || known.Value > most)
            {
                Discard(string.Create(CultureInfo.InvariantCulture, $"{what}: {known.Value}"));
                return null;
            }
            return known.Age <= OldestReading ? known : null;
        }

        void Discard(string what)
        {
            discarded ??= [];
            if (!discarded.Contains(what)) discarded.Add(what);
        }
    }
}
