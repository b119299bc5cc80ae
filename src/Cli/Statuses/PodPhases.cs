using Nemotron.Controllers.Views;

namespace Nemotron.Cli.Statuses;

/// <summary>What a pod of a replica is doing, in a word.</summary>
internal static class PodPhases
{
    public const string Ready = "ready";
    public const string Loading = "loading";
    public const string Waiting = "waiting";
    public const string Draining = "draining";
    public const string Ended = "ended";
    public const string Failing = "failing";

    /// <summary>The word, and why in the cluster's own words where there is something to say.</summary>
    public static (string Phase, string? Why) Of(PodView pod) => pod switch
    {
        { Metadata.DeletionTimestamp: not null } => (Draining, null),
        { Ended: true } => (Ended, pod.Status?.Phase),
        { Ready: true } => (Ready, null),
        { Unschedulable: { } why } => (Waiting, why.Length > 0 ? why : "the scheduler finds no node"),
        { NodeName: null } => (Waiting, "not looked at by the scheduler yet"),
        { ContainerTrouble: { } trouble } => (Failing, trouble),
        _ => (Loading, null),
    };
}
