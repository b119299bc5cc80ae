using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>How long a container takes from its start until it can serve.</summary>
internal interface ILoadTimes
{
    /// <summary>The time of one container of a pod as served.</summary>
    TimeSpan Of(JsonObject pod, JsonObject container);
}

/// <summary>
/// An engine (a container with GPUs) reads its weights at 2 GB/s and needs 5 s besides. The weights' size comes from the pod's annotation
/// <c>serving.nemotron.dev/weights-bytes</c>; without it from the model's name in command, arguments or environment (<c>…-49B…</c>: two bytes a
/// parameter, one when the name says FP8, half a byte and a sixteenth for NVFP4). Anything else is up after 1 s.
/// </summary>
/// <param name="speed">How many times faster everything loads; above 0.</param>
internal sealed partial class EngineLoadTimes(double speed = 1) : ILoadTimes
{
    /// <summary>The annotation with the model's total weight bytes.</summary>
    public const string WeightsAnnotation = "serving.nemotron.dev/weights-bytes";

    private const double BytesPerSecond = 2e9;
    private static readonly TimeSpan EngineStart = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OtherStart = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public TimeSpan Of(JsonObject pod, JsonObject container)
    {
        if (!HasGpus(container)) return OtherStart / speed;
        var bytes = Annotated(pod) ?? Named(container) ?? 0;
        return (EngineStart + TimeSpan.FromSeconds(bytes / BytesPerSecond)) / speed;
    }

    /// <summary>Whether a container asks for GPUs.</summary>
    public static bool HasGpus(JsonObject container) =>
        (ResourceQuantity.Milli(container.At("resources", "limits", "nvidia.com/gpu")) ?? ResourceQuantity.Milli(container.At("resources", "requests", "nvidia.com/gpu"))) > 0;

    private static double? Annotated(JsonObject pod) =>
        double.TryParse(pod.Annotation(WeightsAnnotation), NumberStyles.Float, CultureInfo.InvariantCulture, out var bytes) && bytes >= 0 && double.IsFinite(bytes)
            ? bytes
            : null;

    private static double? Named(JsonObject container)
    {
        var words = container.Texts("command").Concat(container.Texts("args")).Concat(container.Items("env").Select(entry => entry.Text("value")).OfType<string>());
        foreach (var word in words)
        {
            var size = Parameters().Match(word);
            if (!size.Success) continue;
            var billions = double.Parse(size.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            var perParameter = word.Contains("NVFP4", StringComparison.OrdinalIgnoreCase) ? 0.5625
                : word.Contains("FP8", StringComparison.OrdinalIgnoreCase) ? 1.0
                : 2.0;
            return billions * 1e9 * perParameter;
        }

        return null;
    }

    [GeneratedRegex(@"(?<![0-9A-Za-z.])([0-9]{1,4}(?:\.[0-9]+)?)[bB](?![0-9A-Za-z])")]
    private static partial Regex Parameters();
}
