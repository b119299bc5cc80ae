using System.CommandLine;
using Nemotron.Gateway.Hosting;

// What has come is worked on where it was noticed: handing it to a pool's thread costs more than most requests do, and nothing on their way blocks. Read once, before the first socket.
if (Environment.GetEnvironmentVariable(InlineCompletions) is null) Environment.SetEnvironmentVariable(InlineCompletions, "1");

// The signals are the host's: they begin a drain, they do not cancel.
return await GatewayCommandLine.Build(GatewayHost.RunAsync, GatewayHost.Check, DrainCommand.RunAsync)
    .Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

/// <summary>What the process sets for itself.</summary>
internal static partial class Program
{
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
}
