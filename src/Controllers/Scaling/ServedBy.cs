namespace Nemotron.Controllers.Scaling;

/// <summary>The pods of a deployment, as the API server has them.</summary>
/// <param name="Namespace">Their namespace.</param>
/// <param name="Ready">Names of the pods that serve and answer requests, workers of groups aside.</param>
/// <param name="Others">Names of pods that answered requests and no longer take new ones, or do not yet.</param>
/// <param name="Replicas">Replicas asked for.</param>
/// <param name="PendingSince">When the oldest replica that does not serve yet was created; null where all serve.</param>
/// <param name="StartUp">Time from created to serving of the replica that began to serve last; null where it is not known.</param>
/// <param name="GpuCeiling">Most replicas that the pool's GPUs allow, those that run included; null where it is not known.</param>
internal sealed record ServedBy(
    string Namespace, IReadOnlyList<string> Ready, IReadOnlyList<string> Others, int Replicas, DateTimeOffset? PendingSince, TimeSpan? StartUp, int? GpuCeiling);
