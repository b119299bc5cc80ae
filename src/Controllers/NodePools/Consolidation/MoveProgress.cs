using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.NodePools.Consolidation;

/// <summary>How a move ended.</summary>
internal enum MoveEnd
{
    /// <summary>It goes on.</summary>
    None,

    /// <summary>The replica is where it was to go.</summary>
    Done,

    /// <summary>It was given up, and what was begun of it is undone.</summary>
    GivenUp,
}

/// <summary>
/// The next step of a move that is on its way. Closed first, so that the replacement comes to a node that stays in use; then one replica more; and only once that serves
/// does the old one go. Pure: what was done before stands in the pool's status, on nodes and on the Deployment.
/// </summary>
/// <param name="Move">The move as it is now; null once nothing of it is left.</param>
/// <param name="Sentence">What goes on, or why it ended.</param>
internal sealed record MoveProgress(ActiveMove? Move, string Sentence)
{
    // Nodes are closed, a pod is made and bound within seconds, or something is in the way.
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    // A PodDisruptionBudget that never lets go must not keep two replicas for one, nor a deployment that never comes to rest keep the pool from everything else.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    // Kubernetes' own default, for a Deployment that does not say.
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromMinutes(10);

    /// <summary>Whether and how the move ended with this step.</summary>
    public MoveEnd End { get; init; }

    /// <summary>The pod of which the API server must be asked whether budgets of pods let it go; null for none.</summary>
    public PodView? Ask { get; init; }

    /// <summary>Goes on.</summary>
    /// <param name="move">The move as it stands in status.</param>
    /// <param name="snapshot">What is seen of the pool.</param>
    /// <param name="closed">The nodes that are to be closed while the move is on its way.</param>
    /// <param name="stop">Why the pool is to move nothing now; null where it may.</param>
    public static MoveProgress Of(ActiveMove move, PoolSnapshot snapshot, IReadOnlySet<string> closed, string? stop) =>
        new Step(move, snapshot).Next(closed, stop);

    /// <summary>Whether a node is in use but for one pod that may be on it: then that pod uses no node more.</summary>
    public static bool InUseWithout(PoolSnapshot snapshot, string node, PodView? pod) =>
        snapshot.GpusByNode.GetValueOrDefault(node) - (pod?.NodeName == node ? pod.Gpus : 0) > 0;

    private sealed class Step(ActiveMove move, PoolSnapshot snapshot)
    {
        private readonly ReplicaOwner? _owner = snapshot.Owners.GetValueOrDefault(new(move.Namespace, move.Deployment));
        private readonly TimeSpan _waited = snapshot.Now - new DateTimeOffset(move.Since.ToUniversalTime(), TimeSpan.Zero);

        private string Who => $"{move.Namespace}/{move.Pod}";

        public MoveProgress Next(IReadOnlySet<string> closed, string? stop)
        {
            // There is nobody left to undo it for either.
            if (_owner?.Entity is not { Metadata.DeletionTimestamp: null })
                return move.Phase == MovePhase.Undoing ? new MoveProgress(null, $"Replica {Who} goes with its NemotronDeployment.") : GivenUp("its NemotronDeployment is gone or being deleted");
            var old = _owner.Pods.FirstOrDefault(pod => pod.Metadata.Name == move.Pod && !pod.Ended);
            return move.Phase switch
            {
                MovePhase.Closing => Closing(old, closed, stop),
                MovePhase.Surging => Surging(old, stop),
                MovePhase.Leaving => Leaving(old),
                _ => Undoing(),
            };
        }

        private MoveProgress Closing(PodView? old, IReadOnlySet<string> closed, string? stop)
        {
            if ((stop ?? (old is null ? "it has gone by itself" : MoveRules.Refusal(old, _owner) is { } refusal ? $"it {refusal}" : null)) is { } why) return GivenUp(why);
            var open = snapshot.Members.Nodes.Where(node => closed.Contains(node.Metadata.Name) && NodeMarks.ConsolidatingOf(node) is null).Select(node => node.Metadata.Name).ToList();
            if (open.Count == 0) return On(move with { Phase = MovePhase.Surging, Since = Seconds(snapshot.Now) }, $"Replica {Who} is moved from node {move.From}: one replica more is started first.");
            return _waited > Soon ? GivenUp($"node {open[0]} could not be closed to new pods") : On(move, $"Replica {Who} is to leave node {move.From}, which takes no new pods from now on.");
        }

        private MoveProgress Surging(PodView? old, string? stop)
        {
            if ((stop ?? (MoveRules.Interruption(_owner!) is { } interruption ? $"it {interruption}" : null)) is { } why) return GivenUp(why);
            if (old is not { Ready: true }) return GivenUp("it has gone by itself, or serves no more");
            if (_owner!.Present.FirstOrDefault(pod => pod.Unschedulable is not null) is { } homeless) return GivenUp($"the scheduler has no place for its replacement: {homeless.Unschedulable}");
            var present = _owner.Present.Where(pod => pod.Metadata.Name != move.Pod).ToList();
            var replacement = move.Replacement is { } known ? present.FirstOrDefault(pod => pod.Metadata.Name == known) : Newest(present);
            if (replacement is null && move.Replacement is { } lost) return GivenUp($"its replacement {lost} has gone");
            if (replacement?.NodeName is not { } node)
            {
                return _waited > Soon
                    ? GivenUp(replacement is null ? "no replacement was made: see kubectl describe replicaset" : $"its replacement {replacement.Metadata.Name} was given no node")
                    : On(move with { Replacement = replacement?.Metadata.Name }, $"Replica {Who} is to leave node {move.From}: its replacement is being made.");
            }

            if (node == move.From || snapshot.Members.Nodes.All(member => member.Metadata.Name != node) || !InUseWithout(snapshot, node, replacement))
                return GivenUp($"its replacement came to node {node}, which frees none", move with { Replacement = replacement.Metadata.Name });
            var now = move with { Replacement = replacement.Metadata.Name, To = node };
            var limit = _owner.Live!.Spec.ProgressDeadlineSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultDeadline;
            // Ready for as long as spec.rollout.gates asks: what the Deployment calls available.
            if (!replacement.Ready || _owner.Present.Count(pod => pod.Ready) <= _owner.Wanted || !MoveRules.Seen(_owner) || (_owner.Live.Status?.AvailableReplicas ?? 0) <= _owner.Wanted)
            {
                return _waited > limit
                    ? GivenUp($"its replacement {now.Replacement} was not ready within {limit.TotalMinutes:0} minutes{(replacement.ContainerTrouble is { } trouble ? $": {trouble}" : "")}", now)
                    : On(now, $"Replica {Who} is to leave node {move.From}: its replacement {now.Replacement} loads on node {node}.");
            }

            if (snapshot.MayGo is null) return On(now, $"Replica {Who} is to leave node {move.From}: its replacement {now.Replacement} serves on node {node}.") with { Ask = old };
            if (snapshot.MayGo == true) return On(now with { Phase = MovePhase.Leaving, Since = Seconds(snapshot.Now) }, $"Replica {Who} leaves node {move.From}: {now.Replacement} serves on node {node} in its place; what it has in flight it may finish.");
            return _waited > limit + Patience
                ? GivenUp("a PodDisruptionBudget does not let it go", now)
                : On(now, $"Replica {Who} is to leave node {move.From}, and a PodDisruptionBudget does not let it go yet: see kubectl get poddisruptionbudget -n {move.Namespace}.");
        }

        private MoveProgress Leaving(PodView? old)
        {
            if (_owner!.Live is null) return GivenUp("it is kept by no Deployment any more");
            var unsettled = MoveRules.Unsettled(_owner);
            if (old is null)
            {
                return unsettled is null || _waited > Patience
                    ? new MoveProgress(null, $"Replica {Who} was moved from node {move.From} to node {move.To}, where {move.Replacement} serves in its place.") { End = MoveEnd.Done }
                    : On(move, $"Replica {Who} has left node {move.From}; {move.Deployment} {unsettled}.");
            }

            if (old.Metadata.DeletionTimestamp is null && unsettled is null) return GivenUp("another replica of its NemotronDeployment went in its place");
            return old.Metadata.DeletionTimestamp is null && _waited > Patience
                ? GivenUp($"it was not asked to go within {Patience.TotalMinutes:0} minutes")
                : On(move, $"Replica {Who} leaves node {move.From}; what it has in flight it may finish.");
        }

        private MoveProgress Undoing()
        {
            var left = _owner!.Surges || (move.Replacement is { } replacement && _owner.Pods.Any(pod => pod.Metadata.Name == replacement && !pod.Ended) && MoveRules.Unsettled(_owner) is not null);
            // What is left is the Deployment's from then on.
            return left && _waited <= Patience ? On(move, $"Replica {Who} stays on node {move.From} after all: its replacement goes again.") : new MoveProgress(null, $"Replica {Who} stays on node {move.From}.");
        }

        // The pods there were at the beginning all served; what is there beyond their number has come since.
        private PodView? Newest(List<PodView> others) => others.Count + 1 <= move.Pods
            ? null
            : others.OrderByDescending(pod => pod.Metadata.CreationTimestamp ?? DateTime.MinValue).ThenBy(pod => pod.Ready).ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal).First();

        private MoveProgress GivenUp(string why, ActiveMove? now = null)
        {
            var begun = now ?? move;
            var undo = begun.Phase == MovePhase.Surging && _owner is { Entity.Metadata.DeletionTimestamp: null };
            return new MoveProgress(undo ? begun with { Phase = MovePhase.Undoing, Since = Seconds(snapshot.Now) } : null, $"Replica {Who} stays on node {move.From}: {why.TrimEnd('.')}.") { End = MoveEnd.GivenUp };
        }

        private static MoveProgress On(ActiveMove now, string sentence) => new(now, sentence);
    }

    /// <summary>A time in whole seconds, as status has it.</summary>
    public static DateTime Seconds(DateTimeOffset time) => DateTime.UnixEpoch.AddSeconds(time.ToUnixTimeSeconds());
}
