namespace Nemotron.Planning.Scaling;

/// <summary>A measured value and how old it is. Where nothing is known there is no reading (null), never a zero.</summary>
/// <param name="Value">The value, in the unit of the property that holds it.</param>
/// <param name="Age">How long ago it was measured, zero or more.</param>
public readonly record struct Reading(double Value, TimeSpan Age);

/// <summary>A figure for each reasoning mode.</summary>
/// <param name="Off">Of requests that do not think, and of those whose mode is not known.</param>
/// <param name="On">Of requests that think.</param>
/// <typeparam name="T">The figure.</typeparam>
public readonly record struct ByMode<T>(T Off, T On)
{
    /// <summary>The figure of one mode.</summary>
    /// <param name="mode">The mode.</param>
    public T this[ReasoningMode mode] => mode == ReasoningMode.On ? On : Off;
}
