namespace Nemotron.Controllers.Prometheus;

/// <summary>One series of an instant vector.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Value">Its value; may be NaN or infinite, as Prometheus says it.</param>
internal sealed record Sample(IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <summary>A label's value; "" where it is absent, as in Prometheus.</summary>
    public string this[string label] => Labels.GetValueOrDefault(label, "");
}

/// <summary>What a query came to.</summary>
/// <param name="Samples">The series.</param>
/// <param name="Warnings">What Prometheus warns of: a store of Thanos that did not answer, for one, so that series may be missing.</param>
internal sealed record QueryAnswer(IReadOnlyList<Sample> Samples, IReadOnlyList<string> Warnings);

/// <summary>Prometheus did not answer a query, or not with a vector.</summary>
internal sealed class PrometheusException(string message, Exception? inner = null) : Exception(message, inner);
