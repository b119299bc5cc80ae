namespace Nemotron.Planning.Fleet;

/// <summary>What it costs to take groups away: the first rank among them, and their value within that rank.</summary>
/// <param name="First">The first rank that loses; null when nobody does.</param>
/// <param name="Value">The value lost within it.</param>
/// <param name="Moves">Running groups that would have to move.</param>
internal readonly record struct Loss(Rank? First, double Value, int Moves)
{
    /// <summary>Nothing is lost.</summary>
    public static readonly Loss None = new(null, 0, 0);

    /// <summary>With one group more.</summary>
    public Loss And(Rank rank, double value)
    {
        if (First is not { } first) return new(rank, value, Moves);
        var order = rank.CompareTo(first);
        return order < 0 ? new(rank, value, Moves) : order == 0 ? this with { Value = Value + value } : this;
    }

    /// <summary>Whether a group of that rank and value is worth the loss. Equal ranks must gain; a later rank is never asked.</summary>
    public bool IsWorth(Rank rank, double value)
    {
        if (First is not { } first) return true;
        var order = rank.CompareTo(first);
        return order < 0 || (order == 0 && value > Value * (1 + 1e-9));
    }

    /// <summary>Whether less is lost than in <paramref name="other"/>.</summary>
    public bool IsLessThan(Loss other)
    {
        if (First is not { } mine) return other.First is not null || Moves < other.Moves;
        if (other.First is not { } theirs) return false;
        var order = mine.CompareTo(theirs);
        return order > 0 || (order == 0 && (Value < other.Value || (Value == other.Value && Moves < other.Moves)));
    }
}
