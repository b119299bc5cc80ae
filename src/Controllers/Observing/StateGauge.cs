using Prometheus;

namespace Nemotron.Controllers.Observing;

/// <summary>One value of a gauge.</summary>
/// <param name="Value">The value.</param>
/// <param name="Labels">The labels' values, in the order of the gauge's names.</param>
internal readonly record struct Reading(double Value, params string[] Labels);

/// <summary>A gauge that shows what there is at the moment: a series goes with the object that it is about.</summary>
/// <typeparam name="T">What the values are read from.</typeparam>
internal sealed class StateGauge<T>(Gauge gauge, Func<T, IEnumerable<Reading>> read)
{
    /// <summary>Shows these objects and no others.</summary>
    public void Show(IReadOnlyList<T> objects)
    {
        var gone = gauge.GetAllLabelValues().ToDictionary(Key, StringComparer.Ordinal);
        foreach (var reading in objects.SelectMany(read))
        {
            gauge.WithLabels(reading.Labels).Set(reading.Value);
            gone.Remove(Key(reading.Labels));
        }

        foreach (var labels in gone.Values) gauge.RemoveLabelled(labels);
    }

    private static string Key(string[] labels) => string.Join('\n', labels);
}
