namespace Nemotron.Planning.Scaling;

/// <summary>How far and how fast a thinking budget is lowered under pressure. Each step halves it, down to the floor.</summary>
public sealed record PressurePolicy
{
    /// <summary>Most tokens of a trace as declared, above <see cref="FloorTokens"/>.</summary>
    public required long DeclaredTokens { get; init; }

    /// <summary>The least it is lowered to, 1 and more.</summary>
    public required long FloorTokens { get; init; }

    /// <summary>How long the pressure must last before each step down.</summary>
    public TimeSpan StepAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long there must have been room before each step up.</summary>
    public TimeSpan RestoreAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Steps from the declared budget to the floor.</summary>
    public int MostSteps
    {
        get
        {
            var steps = 0;
            while (At(steps) > FloorTokens) steps++;
            return steps;
        }
    }

    /// <summary>The budget after a number of steps down, in tokens.</summary>
    /// <param name="steps">0 for the declared one.</param>
    // 2^40 is more than any budget.
    public long At(int steps) => Math.Max(FloorTokens, DeclaredTokens >> Math.Clamp(steps, 0, 40));
}

/// <summary>What the load is like for the thinking budget.</summary>
public enum PressureSense
{
    /// <summary>Not known: everything is left as it is.</summary>
    Unknown,

    /// <summary>Every replica that may exist serves, and requests wait or the KV cache is full.</summary>
    Saturated,

    /// <summary>Neither saturated nor with room: everything is left as it is.</summary>
    Loaded,

    /// <summary>No request waits and the KV cache has room.</summary>
    Room,
}

/// <summary>What one decision on the budget leaves to the next. Of it, steps and the last change are worth keeping over a restart; the stretch begins anew.</summary>
public sealed record PressureState
{
    /// <summary>The budget as declared.</summary>
    public static PressureState None { get; } = new();

    /// <summary>Steps down from the declared budget.</summary>
    public int Steps { get; init; }

    /// <summary>What the load was like at the last look.</summary>
    public PressureSense Sense { get; init; }

    /// <summary>Since when it has been like that without a break, or when the last step was taken within that; null where it is not known.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When the newest step was taken; null where none was.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>Why it was, in a sentence with its numbers; null where none was.</summary>
    public string? Message { get; init; }
}
