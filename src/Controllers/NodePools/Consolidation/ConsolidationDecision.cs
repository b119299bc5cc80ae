using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.NodePools.Consolidation;

/// <summary>What is done so that whole nodes become free: one replica at a time is moved, where spec.consolidation has that. Pure.</summary>
internal sealed record ConsolidationDecision
{
    // As long as there is to wait, not longer than somebody who looks on has patience for.
    private static readonly TimeSpan LookWhileMoving = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DefaultAfter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromHours(4);

    // The schema's bound.
    private const int LongestReason = 1024;

    /// <summary>The word on a node that is to be emptied.</summary>
    public const string Emptying = "emptying";

    /// <summary>The word on a node that is empty and is to stay so.</summary>
    public const string KeptEmpty = "kept-empty";

    /// <summary>The moves of the plan; null where the pool does not ask for one.</summary>
    public IReadOnlyList<PlannedMove>? Moves { get; init; }

    /// <summary>What status remembers of it; null for nothing.</summary>
    public ConsolidationStatus? Status { get; init; }

    /// <summary>The nodes that take no new pods for the time being, with the word of their taint.</summary>
    public IReadOnlyDictionary<string, string> Closed { get; init; } = new Dictionary<string, string>();

    /// <summary>The answer of the condition Consolidated, with its reason and sentence; null where the pool does not ask for a plan.</summary>
    public (bool Answer, string Reason, string Message)? Condition { get; init; }

    /// <summary>What is told as Events: reason and sentence.</summary>
    public IReadOnlyList<(string Reason, string Message)> Events { get; init; } = [];

    /// <summary>The pod of which the API server must be asked whether budgets of pods let it go, before this is decided anew; null for none.</summary>
    public PodView? Ask { get; init; }

    /// <summary>When to decide again though nothing has changed; null for never.</summary>
    public DateTimeOffset? LookAgain { get; init; }

    /// <summary>Nothing asked for and nothing to do.</summary>
    public static readonly ConsolidationDecision None = new();

    /// <summary>What stands in status, unchanged: nothing is begun and nothing undone.</summary>
    public static ConsolidationDecision Held(GpuNodePool pool) => pool.Status is not { Consolidation: not null } status
        ? None
        : new()
        {
            Moves = status.PlannedMoves,
            Status = status.Consolidation,
            Condition = (false, ConditionReasons.MovesPlanned, "Nothing is moved: see condition Accepted."),
        };

    /// <summary>Decides.</summary>
    /// <param name="snapshot">What is seen of the pool.</param>
    /// <param name="repair">What is done about its sick nodes.</param>
    /// <param name="marks">What is wanted of its nodes, by name.</param>
    public static ConsolidationDecision Decide(PoolSnapshot snapshot, RepairDecision repair, IReadOnlyDictionary<string, NodeMarks> marks)
    {
        var former = snapshot.Pool.Status?.Consolidation ?? new ConsolidationStatus();
        var asked = PlannedMoves.Asked(snapshot.Pool.Spec);
        if (!asked && former.Move is null) return None;
        var status = former with { PlannedSince = asked ? former.PlannedSince : null };
        List<(string, string)> events = [];
        if (former.Move is { } move)
        {
            var step = MoveProgress.Of(move, snapshot, ToClose(snapshot, move.From).Keys.ToHashSet(StringComparer.Ordinal), Stop(snapshot, repair));
            status = status with { Move = step.Move };
            if (step.End == MoveEnd.GivenUp) status = GiveUp(status, step.Sentence, snapshot.Now);
            if (step.End == MoveEnd.Done) status = status with { GivenUp = null, GivenUpFor = null, RetryAfter = null };
            if (step.End != MoveEnd.None) events.Add((step.End == MoveEnd.Done ? ConditionReasons.ReplicaMoved : ConditionReasons.MoveGivenUp, step.Sentence));
            // What is left of the plan is kept in mind meanwhile: a deployment on the move is not at rest, and a plan that leaves it out is another.
            if (step.Move is { } going)
            {
                return new ConsolidationDecision
                {
                    Moves = asked ? snapshot.Pool.Status?.PlannedMoves : null,
                    Status = status,
                    Closed = ClosedFor(snapshot, going),
                    Condition = asked ? (false, ConditionReasons.Moving, step.Sentence) : null,
                    Events = events,
                    Ask = step.Ask,
                    LookAgain = snapshot.Now + LookWhileMoving,
                };
            }

            if (!asked) return None with { Events = events };
        }

        return Planned(snapshot, repair, marks, status, events);
    }

    private static ConsolidationDecision Planned(PoolSnapshot snapshot, RepairDecision repair, IReadOnlyDictionary<string, NodeMarks> marks, ConsolidationStatus status, List<(string, string)> events)
    {
        var plan = PlannedMoves.Of(snapshot with { Pool = With(snapshot.Pool, status) }, repair, marks);
        var since = plan.Moves.Count == 0 ? (DateTime?)null : IsLeftOf(plan.Moves, snapshot.Pool.Status?.PlannedMoves) && status.PlannedSince is { } known ? known : MoveProgress.Seconds(snapshot.Now);
        // The node stays closed between two moves from it; once it is empty, or comes first no more, it is open.
        var emptying = plan.Moves.Count > 0 && plan.Moves[0].From == status.Emptying ? status.Emptying : null;
        status = status with { PlannedSince = since, Emptying = emptying };
        if (plan.Moves.Count == 0)
            return new ConsolidationDecision { Moves = [], Status = Kept(status), Condition = Nothing(snapshot, plan), Events = events };

        var next = plan.Moves[0];
        var what = $"Replica {next.Namespace}/{next.Pod} would have to go from node {next.From} to node {next.To}{(plan.Moves.Count > 1 ? $", and {plan.Moves.Count - 1} more (status.plannedMoves)" : "")}, so that whole nodes become free.";
        ConsolidationDecision Waits(string why, DateTimeOffset? again, string reason = ConditionReasons.MovesPlanned) => new()
        {
            Moves = plan.Moves,
            Status = status,
            Closed = emptying is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [emptying] = Emptying },
            Condition = (false, reason, $"{what} {why}"),
            Events = events,
            LookAgain = again,
        };

        if (snapshot.Pool.Spec.Consolidation!.Mode != ConsolidationMode.WhenFragmented) return Waits("spec.consolidation.mode is DryRun: nothing is moved.", null);
        if (Stop(snapshot, repair) is { } stop) return Waits($"Nothing is moved: {stop}.", null);
        if (Time(status.RetryAfter) is { } retry && retry > snapshot.Now)
            return Waits($"The last move was given up: {status.GivenUpFor} The next begins not before {Text(retry)}.", retry, ConditionReasons.MoveGivenUp);
        var due = Time(since)!.Value + (snapshot.Pool.Spec.Consolidation.After?.Value ?? DefaultAfter);
        if (emptying is null && due > snapshot.Now) return Waits($"It begins to move at {Text(due)}, if the plan is the same until then (spec.consolidation.after).", due);

        var pod = snapshot.Engines.First(engine => engine.Metadata.Name == next.Pod && engine.Metadata.NamespaceProperty == next.Namespace);
        var move = new ActiveMove
        {
            Namespace = pod.Metadata.NamespaceProperty,
            Deployment = pod.Metadata.Labels[NemotronLabels.Deployment],
            Pod = pod.Metadata.Name,
            From = next.From!,
            To = next.To,
            Pods = PlannedMoves.OwnerOf(pod, snapshot)!.Present.Count(),
            Phase = MovePhase.Closing,
            Since = MoveProgress.Seconds(snapshot.Now),
        };
        var begins = $"Replica {next.Namespace}/{next.Pod} is moved from node {next.From} to node {next.To}, so that whole nodes become free.";
        return new ConsolidationDecision
        {
            Moves = plan.Moves,
            Status = status with { Move = move, Emptying = next.From },
            Closed = ClosedFor(snapshot, move),
            Condition = (false, ConditionReasons.Moving, begins),
            Events = [.. events, (ConditionReasons.MoveStarted, begins)],
            LookAgain = snapshot.Now + LookWhileMoving,
        };
    }

    private static (bool, string, string) Nothing(PoolSnapshot snapshot, PlannedMoves plan)
    {
        var why = plan.Stays.Count == 0 ? "" : $" Node {string.Join("; node ", plan.Stays.Take(3))}{(plan.Stays.Count > 3 ? $"; and {plan.Stays.Count - 3} more nodes" : "")}.";
        var free = snapshot.States.Sum(node => node.Free);
        // Those that wait find no node as it is, however many GPUs are free.
        return snapshot.Waiting.FirstOrDefault(group => group.Unplaced.Gpus <= free) is { } waiting
            ? (false, ConditionReasons.Fragmented, $"Replica {waiting.Name} waits for {waiting.Unplaced.GpusPerPod} GPUs on a node; {free} are free in pieces, and no node can be freed by moving replicas.{why}")
            : (true, ConditionReasons.NothingToMove, $"No node can be freed by moving replicas.{why}");
    }

    private static string? Stop(PoolSnapshot snapshot, RepairDecision repair) =>
        snapshot.Pool.Metadata.DeletionTimestamp is not null ? "the pool is being deleted"
        : snapshot.Pool.Spec.Consolidation?.Mode != ConsolidationMode.WhenFragmented ? $"spec.consolidation.mode is {snapshot.Pool.Spec.Consolidation?.Mode ?? ConsolidationMode.WhenEmpty}"
        : repair.Doubted ? "more nodes look sick at once than is believable"
        : null;

    private static Dictionary<string, string> ClosedFor(PoolSnapshot snapshot, ActiveMove move)
    {
        if (move.Phase == MovePhase.Undoing) return [];
        var placed = move.Replacement is { } name && snapshot.Owners.GetValueOrDefault(new NamespacedName(move.Namespace, move.Deployment))?.Pods.Any(pod => pod.Metadata.Name == name && pod.NodeName is not null) == true;
        var closed = ToClose(snapshot, move.From);
        // The scheduler has chosen: empty nodes are anybody's again. And the emptied one, once it is empty, is what others may wait for.
        if (placed)
            foreach (var empty in closed.Where(pair => pair.Value == KeptEmpty).Select(pair => pair.Key).ToList()) closed.Remove(empty);
        if (snapshot.GpusByNode.GetValueOrDefault(move.From) == 0) closed.Remove(move.From);
        return closed;
    }

    // A replacement on an empty node would free none.
    private static Dictionary<string, string> ToClose(PoolSnapshot snapshot, string from) => snapshot.Members.Nodes
        .Where(node => node.Metadata.DeletionTimestamp is null && (node.Metadata.Name == from || snapshot.GpusByNode.GetValueOrDefault(node.Metadata.Name) == 0))
        .ToDictionary(node => node.Metadata.Name, node => node.Metadata.Name == from ? Emptying : KeptEmpty, StringComparer.Ordinal);

    private static ConsolidationStatus GiveUp(ConsolidationStatus status, string why, DateTimeOffset now)
    {
        var times = (status.GivenUp ?? 0) + 1;
        var wait = TimeSpan.FromTicks(Math.Min(LongestBackoff.Ticks, FirstBackoff.Ticks << Math.Min(times - 1, 8)));
        return status with { GivenUp = times, GivenUpFor = why.Length <= LongestReason ? why : why[..LongestReason], RetryAfter = MoveProgress.Seconds(now + wait), Emptying = null };
    }

    // Moves that were made are no other plan.
    private static bool IsLeftOf(IReadOnlyList<PlannedMove> moves, IReadOnlyList<PlannedMove>? former) =>
        former is not null && moves.All(move => former.Any(old => (old.Namespace, old.Pod, old.From) == (move.Namespace, move.Pod, move.From)));

    private static ConsolidationStatus? Kept(ConsolidationStatus status) => status == new ConsolidationStatus() ? null : status;

    private static GpuNodePool With(GpuNodePool pool, ConsolidationStatus status) => new()
    {
        Metadata = pool.Metadata,
        Spec = pool.Spec,
        Status = (pool.Status ?? new GpuNodePoolStatus()) with { Consolidation = status },
    };

    private static DateTimeOffset? Time(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime(), TimeSpan.Zero) : null;

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
