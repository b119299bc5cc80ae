using System.Globalization;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Crds;

namespace Nemotron.Controllers.Rollouts;

/// <summary>A replica of the newest template, as the gate sees it.</summary>
/// <param name="Name">The pod.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="ReadyFor">Since it was first seen to serve; null where it does not.</param>
/// <param name="Requests">What its gateway has counted since it started; null where Prometheus has nothing of it.</param>
internal sealed record NewReplica(string Name, string Uid, TimeSpan? ReadyFor, RequestCounts? Requests);

/// <summary>Requests that a gateway has seen to their end.</summary>
/// <param name="Served">Those that went well.</param>
/// <param name="Failed">Those that failed in the engine or the gateway. What clients got wrong or gave up is in neither.</param>
internal readonly record struct RequestCounts(double Served, double Failed)
{
    /// <summary>Both together.</summary>
    public double All => Served + Failed;

    /// <summary>Whether either is below another's: a counter never falls but when it starts anew.</summary>
    public bool IsBelow(RequestCounts other) => Served < other.Served || Failed < other.Failed;

    public static RequestCounts operator +(RequestCounts left, RequestCounts right) => new(left.Served + right.Served, left.Failed + right.Failed);

    public static RequestCounts operator -(RequestCounts left, RequestCounts right) => new(left.Served - right.Served, left.Failed - right.Failed);
}

/// <summary>What the gate on failed requests says of a rollout.</summary>
/// <param name="Template">The hash of the pod template whose replicas were looked at.</param>
/// <param name="Holds">Why no more replicas may be replaced for now: <see cref="ConditionReasons.GateFailed"/> or <see cref="ConditionReasons.GateWaiting"/>; null where they may.</param>
/// <param name="Message">The same in a sentence; "" where nothing holds.</param>
internal sealed record GateVerdict(string Template, string? Holds, string Message);

/// <summary><c>spec.rollout.gates.maxErrorPercent</c>: a rollout whose new replicas fail too many requests goes no further. Pure.</summary>
internal static class ErrorGate
{
    /// <summary>How long a new replica serves, at the least, before the next old one goes: two scrapes and a round of asking must fit in.</summary>
    public static readonly TimeSpan LeastReadyFor = TimeSpan.FromMinutes(1);

    /// <summary>The longest time between two looks: one must see a new replica, and another that it is not scraped, before <see cref="LeastReadyFor"/> is over.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    // By then it must have been scraped, or its failures would not be seen before the next one goes.
    private static readonly TimeSpan SeenWithin = LeastReadyFor - 2 * LongestPause - TimeSpan.FromSeconds(5);

    // Below it a single failure would be a large share.
    private const int FewestRequests = 20;

    /// <summary>Why the gate of a spec has no effect, or null.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="inGroups">Whether a replica takes several pods.</param>
    /// <param name="hasPrometheus">Whether there is a Prometheus to ask.</param>
    public static string? WhyNot(NemotronDeploymentSpec spec, bool inGroups, bool hasPrometheus) =>
        inGroups ? "a LeaderWorkerSet goes on as soon as a replica is ready"
        : !GatewayPlan.Wanted(spec) ? "spec.gateway.enabled is false, and it is the gateway that counts failed requests"
        : !hasPrometheus ? "the operator has no Prometheus to ask: chart value prometheus.url"
        : null;

    /// <summary>The most failures, in percent, where the gate is asked for and works; else null.</summary>
    /// <inheritdoc cref="WhyNot"/>
    public static int? Limit(NemotronDeploymentSpec spec, bool inGroups, bool hasPrometheus) =>
        WhyNot(spec, inGroups, hasPrometheus) is null ? spec.Rollout?.Gates?.MaxErrorPercent : null;

    /// <summary>Judges a rollout.</summary>
    /// <param name="template">The hash of the newest template.</param>
    /// <param name="limit">The most failures, in percent of all requests.</param>
    /// <param name="requests">The requests at replicas of that template since the rollout began.</param>
    /// <param name="replicas">The replicas of that template.</param>
    /// <param name="trouble">Why Prometheus has no answer, or null.</param>
    /// <param name="failed">The sentence of the verdict before, where the gate had failed for this template; else null. It holds until enough requests say otherwise.</param>
    public static GateVerdict Judge(string template, int limit, RequestCounts requests, IReadOnlyList<NewReplica> replicas, string? trouble, string? failed)
    {
        if (requests.All < FewestRequests && failed is not null) return new GateVerdict(template, ConditionReasons.GateFailed, failed);
        if (requests.All >= FewestRequests && 100 * requests.Failed > limit * requests.All)
        {
            return new GateVerdict(template, ConditionReasons.GateFailed, string.Create(CultureInfo.InvariantCulture,
                $"Of {requests.All:0} requests at replicas of the newest template {requests.Failed:0} failed ({100 * requests.Failed / requests.All:0.#} %); spec.rollout.gates.maxErrorPercent is {limit}. The other replicas are not replaced. Correct the spec, or take the change back; the rollout goes on by itself once the share is no more than that."));
        }

        // One that has just begun to serve is given the time to be scraped.
        if (replicas.FirstOrDefault(replica => replica.ReadyFor >= SeenWithin && replica.Requests is null) is not { } unseen) return new GateVerdict(template, null, "");
        return new GateVerdict(template, ConditionReasons.GateWaiting,
            $"spec.rollout.gates.maxErrorPercent is set, and how many requests fail at {unseen.Name} is not known: {trouble ?? "Prometheus has no series of its gateway"}. No more replicas are replaced until it is; see condition {ConditionTypes.MetricsAvailable} and docs/troubleshooting.md.");
    }

    /// <summary>Whether the Deployment is to be paused.</summary>
    /// <param name="verdict">The newest verdict; null where there is none since this process leads.</param>
    /// <param name="limit">The limit, where the gate works.</param>
    /// <param name="template">The hash of the template that is wanted.</param>
    /// <param name="live">That of the Deployment as it stands, or null.</param>
    /// <param name="paused">Whether that one is paused.</param>
    public static bool Pauses(GateVerdict? verdict, int? limit, string template, string? live, bool paused) =>
        // Another template is another rollout.
        limit is not null && live == template && (verdict?.Template == template ? verdict.Holds is not null : paused);

    /// <summary>The verdict that holds a rollout; null where none does. One that this process has not looked at yet is held by what the status says.</summary>
    /// <param name="live">The Deployment as it stands, or null.</param>
    /// <param name="verdict">The newest verdict, or null.</param>
    /// <param name="status">The status as written last, or null.</param>
    public static GateVerdict? Holding(k8s.Models.V1Deployment? live, GateVerdict? verdict, NemotronDeploymentStatus? status)
    {
        if (live?.Spec.Paused != true || TemplateOf(live) is not { } template) return null;
        if (verdict?.Template == template) return verdict.Holds is null ? null : verdict;
        return status?.Conditions?.FirstOrDefault(condition => condition is { Type: ConditionTypes.Progressing, Reason: ConditionReasons.GateFailed or ConditionReasons.GateWaiting }) is { } told
            ? new GateVerdict(template, told.Reason, told.Message)
            : null;
    }

    /// <summary>The hash of the template that a Deployment was last given, or null.</summary>
    public static string? TemplateOf(k8s.Models.V1Deployment? live) =>
        live?.Metadata.Annotations?.TryGetValue(ChildLabels.TemplateHash, out var hash) == true ? hash : null;
}
