namespace Nemotron.Kube;

/// <summary>
/// Work beside the controllers that only the leader may do, such as a loop over the whole fleet. It starts when the caches are full and this process leads,
/// and ends with the controllers. (Without leader election: it starts when the caches are full.)
/// </summary>
public interface ILeaderService
{
    /// <summary>Runs. When it throws, it is logged and run again after 0.8 s, doubling to 30 s; when it returns, it is not run again.</summary>
    /// <param name="cancellationToken">Cancelled when the process stops or leads no longer; it should return soon.</param>
    Task RunAsync(CancellationToken cancellationToken);
}
