using Microsoft.Extensions.Hosting;

namespace Nemotron.Kube;

/// <summary>Ends the process with a failure, so that whatever runs it starts it anew.</summary>
internal interface IProcessEnd
{
    /// <summary>Asks the host to stop; the exit code says that it was no ordinary end.</summary>
    void EndWithFailure();
}

internal sealed class ProcessEnd(IHostApplicationLifetime lifetime) : IProcessEnd
{
    public void EndWithFailure()
    {
        Environment.ExitCode = 1;
        lifetime.StopApplication();
    }
}
