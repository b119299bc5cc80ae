using k8s.Models;

namespace Nemotron.Controllers.Conditions;

/// <summary>
/// The conditions of a resource under construction: each set once per reconcile; a transition time moves only when the status does
/// (Kubernetes API conventions).
/// </summary>
/// <param name="previous">The conditions as they stand.</param>
/// <param name="generation">The generation of the spec that is being judged.</param>
/// <param name="now">The time of a transition.</param>
internal sealed class ConditionSet(IEnumerable<V1Condition>? previous, long generation, DateTimeOffset now)
{
    // Longer messages are refused by the schema of metav1.Condition.
    private const int LongestMessage = 32768;

    private readonly Dictionary<string, V1Condition> _previous = (previous ?? []).ToDictionary(condition => condition.Type);
    private readonly List<V1Condition> _conditions = [];

    /// <summary>Sets a condition.</summary>
    /// <param name="type">The question.</param>
    /// <param name="status">The answer; null is <c>Unknown</c>.</param>
    /// <param name="reason">Why, as a stable CamelCase word.</param>
    /// <param name="message">Why, as a sentence a person can act on.</param>
    public ConditionSet Set(string type, bool? status, string reason, string message)
    {
        var word = status switch { true => "True", false => "False", null => "Unknown" };
        _conditions.Add(new V1Condition
        {
            Type = type,
            Status = word,
            Reason = reason,
            Message = message.Length <= LongestMessage ? message : message[..LongestMessage],
            ObservedGeneration = generation,
            LastTransitionTime = _previous.TryGetValue(type, out var old) && old.Status == word
                ? old.LastTransitionTime
                : DateTime.UnixEpoch.AddSeconds(now.ToUnixTimeSeconds()),
        });
        return this;
    }

    /// <summary>Leaves a condition as it stands: nothing new is known.</summary>
    /// <param name="type">The question.</param>
    public void Keep(string type)
    {
        if (_previous.TryGetValue(type, out var old)) _conditions.Add(old);
    }

    /// <summary>The conditions, in the order they were set.</summary>
    public IList<V1Condition> ToList() => _conditions;

    /// <summary>Those whose status or reason is not what it was.</summary>
    public IEnumerable<V1Condition> Changed => _conditions.Where(condition =>
        !_previous.TryGetValue(condition.Type, out var old) || old.Status != condition.Status || old.Reason != condition.Reason);
}
