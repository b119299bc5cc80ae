using System.Globalization;
using System.Text;
using Nemotron.Lab.Api;

namespace Nemotron.Chaos.Tests;

/// <summary>One thing that happens.</summary>
internal enum Happening
{
    Create,
    Change,
    Delete,
    Drift,
    RemoveChild,
    Request,
    DropWatches,
    DuplicateEvents,
    TruncateEvents,
    LateEvent,
    Compact,
    CompactAndDropWatches,
    RestartServer,
    LoseData,
    RestartOperator,
}

/// <summary>One step of a schedule.</summary>
/// <param name="Pause">How long it waits after the step before, in the Lab's time.</param>
/// <param name="What">What happens.</param>
/// <param name="Object">Which object, for what users do.</param>
/// <param name="Fault">What goes wrong with coming requests, for <see cref="Happening.Request"/>.</param>
/// <param name="Count">How many requests or events it strikes.</param>
/// <param name="Delay">How long, for what is late.</param>
/// <param name="WritesOnly">Whether only writes are struck.</param>
internal sealed record Step(TimeSpan Pause, Happening What, int Object = 0, FaultKind Fault = default, int Count = 1, TimeSpan Delay = default, bool WritesOnly = false)
{
    public override string ToString()
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"+{Pause.TotalSeconds:0.0}s {What}"));
        if (What is Happening.Create or Happening.Change or Happening.Delete or Happening.Drift or Happening.RemoveChild) text.Append(CultureInfo.InvariantCulture, $" {Object}");
        if (What == Happening.Request) text.Append(CultureInfo.InvariantCulture, $" {Fault}×{Count}{(WritesOnly ? " of writes" : "")}");
        if (What is Happening.DuplicateEvents or Happening.TruncateEvents) text.Append(CultureInfo.InvariantCulture, $"×{Count}");
        if (Delay > TimeSpan.Zero) text.Append(CultureInfo.InvariantCulture, $" {Delay.TotalSeconds:0.0}s");
        return text.ToString();
    }
}

/// <summary>What users do and what goes wrong meanwhile, made from a seed: the same seed makes the same schedule.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Living">While objects are made and changed.</param>
/// <param name="Dying">While all of them are deleted.</param>
internal sealed record FaultSchedule(int Seed, IReadOnlyList<Step> Living, IReadOnlyList<Step> Dying)
{
    private static readonly FaultKind[] RequestFaults =
    [
        FaultKind.DropBefore, FaultKind.DropAfter, FaultKind.Delay, FaultKind.TooManyRequests, FaultKind.InternalError, FaultKind.Gone, FaultKind.Unavailable,
    ];

    /// <summary>Faults by their number: a request struck, an event struck, a restart.</summary>
    public int Faults => Living.Concat(Dying).Sum(step => step.What switch
    {
        Happening.Request or Happening.DuplicateEvents or Happening.TruncateEvents => step.Count,
        Happening.Create or Happening.Change or Happening.Delete or Happening.Drift or Happening.RemoveChild => 0,
        _ => 1,
    });

    /// <summary>Whether an answer may be lost, or news be so late that the runtime no longer waits for it.</summary>
    public bool MayCreateTwice => Living.Any(step => step.What is Happening.RestartServer or Happening.LoseData or Happening.RestartOperator or Happening.LateEvent
        || step is { What: Happening.Request, Fault: FaultKind.DropAfter or FaultKind.Delay });

    /// <summary>Makes one.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="objects">How many objects there are.</param>
    /// <param name="mayLoseData">Whether the server may forget everything.</param>
    public static FaultSchedule Make(int seed, int objects, bool mayLoseData)
    {
        var random = new Random(seed);
        var living = new List<Step>();
        foreach (var number in Shuffled(random, objects)) living.Add(new Step(Pause(random, 0.05), Happening.Create, number));
        var steps = random.Next(8, 25);
        var lost = false;
        for (var i = 0; i < steps; i++)
        {
            // Before, between and after the creations.
            var step = Any(random, objects, mayLoseData && !lost);
            lost |= step.What == Happening.LoseData;
            living.Insert(random.Next(living.Count + 1), step);
        }

        var dying = Enumerable.Range(0, random.Next(6)).Select(_ => Any(random, objects, false)).Where(step => step.What > Happening.RemoveChild).ToList();
        return new FaultSchedule(seed, living, dying);
    }

    public override string ToString() => $"seed {Seed}\n  living: {string.Join(", ", Living)}\n  dying: {string.Join(", ", Dying)}";

    private static Step Any(Random random, int objects, bool mayLoseData)
    {
        var pause = Pause(random, 2);
        var number = random.Next(objects);
        return random.Next(mayLoseData ? 24 : 23) switch
        {
            < 3 => new Step(pause, Happening.Change, number),
            3 => new Step(pause, Happening.Delete, number),
            4 => new Step(pause, Happening.Drift, number),
            5 => new Step(pause, Happening.RemoveChild, number),
            < 13 => new Step(
                pause, Happening.Request, Fault: RequestFaults[random.Next(RequestFaults.Length)], Count: random.Next(1, 12),
                Delay: TimeSpan.FromSeconds(random.NextDouble() * 5), WritesOnly: random.Next(2) == 0),
            13 or 14 => new Step(pause, Happening.DropWatches),
            15 => new Step(pause, Happening.DuplicateEvents, Count: random.Next(1, 10)),
            16 => new Step(pause, Happening.TruncateEvents, Count: random.Next(1, 4)),
            17 => new Step(pause, Happening.LateEvent, Delay: TimeSpan.FromSeconds(random.NextDouble() * 20)),
            18 => new Step(pause, Happening.Compact),
            19 or 20 => new Step(pause, Happening.CompactAndDropWatches),
            21 => new Step(pause, Happening.RestartServer),
            22 => new Step(pause, Happening.RestartOperator),
            _ => new Step(pause, Happening.LoseData),
        };
    }

    private static TimeSpan Pause(Random random, double mostSeconds) => TimeSpan.FromSeconds(random.NextDouble() * mostSeconds);

    private static int[] Shuffled(Random random, int count)
    {
        var numbers = Enumerable.Range(0, count).ToArray();
        random.Shuffle(numbers);
        return numbers;
    }
}
