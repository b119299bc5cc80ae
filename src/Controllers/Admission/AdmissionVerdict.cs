using k8s.Models;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>What is to be said about an object before it is stored.</summary>
/// <param name="Refusal">Why it can never be carried out; null when it can, now or later.</param>
/// <param name="Warnings">What stands in its way now, or has no effect.</param>
internal sealed record AdmissionVerdict(string? Refusal, IReadOnlyList<string> Warnings)
{
    /// <summary>Nothing.</summary>
    public static AdmissionVerdict Fine { get; } = new(null, []);

    /// <summary>A refusal.</summary>
    public static AdmissionVerdict Refuse(string message) => new(message, []);

    /// <summary>Warnings: the sentences of those conditions that say no.</summary>
    public static AdmissionVerdict Warn(IEnumerable<V1Condition> conditions, params IReadOnlyList<string> types) =>
        new(null, [.. types.SelectMany(type => conditions.Where(condition => condition.Type == type && condition.Status == "False")).Select(condition => condition.Message)]);

    /// <summary>The same, refused for that where it is not refused already.</summary>
    public AdmissionVerdict Unless(string? refusal) => Refusal is null && refusal is not null ? this with { Refusal = refusal } : this;

    /// <summary>The webhook's answer.</summary>
    public ValidationResult ToResult() => Refusal is { } message ? ValidationResult.Fail(message) : ValidationResult.Success(Warnings);
}
