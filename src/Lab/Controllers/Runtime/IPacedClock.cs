namespace Nemotron.Lab.Controllers;

/// <summary>A clock that does not run away from the work that is due by it.</summary>
internal interface IPacedClock
{
    /// <summary>Tells the clock of work that is due now; until <see cref="Complete"/> it stands still soon after.</summary>
    Duty Begin();

    /// <summary>Tells it that the work is done. Again changes nothing.</summary>
    void Complete(Duty duty);
}

/// <summary>Work that is due at a time of a paced clock.</summary>
/// <param name="due">Since when.</param>
/// <param name="order">Tells duties of one time apart.</param>
internal sealed class Duty(DateTimeOffset due, long order) : IComparable<Duty>
{
    /// <summary>Since when it is due; may lie ahead.</summary>
    public DateTimeOffset Due => due;

    /// <inheritdoc/>
    public int CompareTo(Duty? other) => other is null ? 1 : (due, order).CompareTo((other.Due, other.Order));

    private long Order => order;
}
