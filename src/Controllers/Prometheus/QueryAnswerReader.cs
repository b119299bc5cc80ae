using System.Globalization;
using System.Text.Json;

namespace Nemotron.Controllers.Prometheus;

/// <summary>Reads the answer of <c>/api/v1/query</c>. Pure.</summary>
internal static class QueryAnswerReader
{
    /// <summary>Reads.</summary>
    /// <exception cref="PrometheusException">It is an error, or nothing that Prometheus says.</exception>
    public static QueryAnswer Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (Text(root, "status") != "success")
                throw new PrometheusException($"{Text(root, "errorType") ?? "error"}: {Text(root, "error") ?? "no reason is given"}");
            var data = root.GetProperty("data");
            if (Text(data, "resultType") is var type && type != "vector") throw new PrometheusException($"the answer is a {type}, not a vector");
            List<Sample> samples = [];
            foreach (var series in data.GetProperty("result").EnumerateArray())
            {
                var labels = series.GetProperty("metric").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString() ?? "", StringComparer.Ordinal);
                samples.Add(new Sample(labels, Number(series.GetProperty("value")[1].GetString())));
            }

            return new QueryAnswer(samples, Warnings(root));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException or FormatException)
        {
            throw new PrometheusException("the answer is not what Prometheus answers; is the address that of its HTTP API?", e);
        }
    }

    private static IReadOnlyList<string> Warnings(JsonElement root) =>
        root.TryGetProperty("warnings", out var warnings) && warnings.ValueKind == JsonValueKind.Array ? [.. warnings.EnumerateArray().Select(warning => warning.ToString())] : [];

    private static double Number(string? text) => text switch
    {
        "NaN" => double.NaN,
        "+Inf" or "Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text ?? "", NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
