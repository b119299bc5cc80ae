using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>A node's taint.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value; empty when none.</param>
/// <param name="Effect"><c>NoSchedule</c>, <c>PreferNoSchedule</c> or <c>NoExecute</c>.</param>
internal sealed record Taint(string Key, string Value, string Effect)
{
    /// <summary>When the taint was put on (<c>timeAdded</c>), or null.</summary>
    public DateTimeOffset? Added { get; init; }

    /// <summary>The taints of a node as served.</summary>
    public static IReadOnlyList<Taint> Of(JsonObject node) =>
        [.. node.Items("spec", "taints").Select(taint => new Taint(taint.Text("key") ?? "", taint.Text("value") ?? "", taint.Text("effect") ?? "") { Added = taint.Time("timeAdded") })];
}

/// <summary>A pod's toleration.</summary>
/// <param name="Key">The key; empty with <c>Exists</c> for all keys.</param>
/// <param name="Exists">Whether any value is tolerated.</param>
/// <param name="Value">The value tolerated otherwise.</param>
/// <param name="Effect">The effect; empty for all.</param>
/// <param name="Seconds">How long a <c>NoExecute</c> taint is tolerated; null for ever.</param>
internal sealed record Toleration(string Key, bool Exists, string Value, string Effect, long? Seconds)
{
    /// <summary>The tolerations of a pod as served.</summary>
    public static IReadOnlyList<Toleration> Of(JsonObject pod) =>
    [
        .. pod.Items("spec", "tolerations").Select(item => new Toleration(
            item.Text("key") ?? "", item.Text("operator") == "Exists", item.Text("value") ?? "", item.Text("effect") ?? "", item.Whole("tolerationSeconds"))),
    ];

    /// <summary>Whether a taint is tolerated (for a while at least).</summary>
    public bool Tolerates(Taint taint) =>
        (Effect.Length == 0 || Effect == taint.Effect)
        && (Key.Length == 0 ? Exists : Key == taint.Key)
        && (Exists || Value == taint.Value);
}
