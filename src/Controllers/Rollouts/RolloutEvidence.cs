namespace Nemotron.Controllers.Rollouts;

/// <summary>
/// What the gateways of one rollout's new replicas have counted since it began. What a replica had counted before then is not this rollout's: where a change is taken back,
/// the new replicas are old ones. What one had counted that is gone since still counts: engines that fail every request are restarted.
/// </summary>
/// <param name="template">The hash of the newest template.</param>
internal sealed class RolloutEvidence(string template)
{
    private Dictionary<string, (RequestCounts Before, RequestCounts Last)> _replicas = new(StringComparer.Ordinal);
    private RequestCounts _gone;

    /// <summary>The template whose rollout it is.</summary>
    public string Template { get; } = template;

    /// <summary>Requests since the rollout began.</summary>
    public RequestCounts Counts => _replicas.Values.Aggregate(_gone, (sum, replica) => sum + (replica.Last - replica.Before));

    /// <summary>Takes in a look at the replicas, by a Prometheus that answered.</summary>
    /// <param name="replicas">All replicas of the template that there are.</param>
    public void Take(IReadOnlyList<NewReplica> replicas)
    {
        var next = new Dictionary<string, (RequestCounts Before, RequestCounts Last)>(StringComparer.Ordinal);
        foreach (var replica in replicas)
        {
            var now = replica.Requests ?? default;
            if (!_replicas.TryGetValue(replica.Uid, out var known))
            {
                // One that does not serve yet has counted nothing; of one that does and is not scraped nobody knows what it has counted before.
                if (replica.Requests is not null || replica.ReadyFor is null) next[replica.Uid] = (now, now);
            }
            else if (replica.Requests is null)
            {
                next[replica.Uid] = known;
            }
            else if (now.IsBelow(known.Last))
            {
                // Its gateway has started anew.
                _gone += known.Last - known.Before;
                next[replica.Uid] = (default, now);
            }
            else
            {
                next[replica.Uid] = (known.Before, now);
            }
        }

        foreach (var (uid, replica) in _replicas)
            if (!next.ContainsKey(uid)) _gone += replica.Last - replica.Before;
        _replicas = next;
    }
}
