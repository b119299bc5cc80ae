namespace Nemotron.Runtime.Bench;

/// <summary>One measured figure beside what it may be.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Budget">What it may be; empty when it is only told.</param>
/// <param name="Measured">What it was.</param>
/// <param name="Holds">Whether it keeps to the budget; null without one.</param>
internal sealed record Figure(string What, string Budget, string Measured, bool? Holds)
{
    /// <summary>A figure that must not be more than its budget.</summary>
    public static Figure AtMost(string what, double measured, double budget, string unit, string format = "0.0") =>
        new(what, $"≤ {budget.ToString("0.##", null)} {unit}".TrimEnd(), $"{measured.ToString(format, null)} {unit}".TrimEnd(), measured <= budget);

    /// <summary>A figure that is only told.</summary>
    public static Figure Told(string what, string measured) => new(what, "", measured, null);

    /// <summary>The figures as a Markdown table.</summary>
    public static string Table(IEnumerable<Figure> figures) => string.Join('\n',
    [
        "| Figure | Budget | Measured | |",
        "| --- | --- | --- | --- |",
        .. figures.Select(f => $"| {f.What} | {f.Budget} | {f.Measured} | {f.Holds switch { true => "holds", false => "**missed**", null => "" }} |"),
    ]);
}
