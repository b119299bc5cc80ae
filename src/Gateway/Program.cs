using System.CommandLine;
using Nemotron.Gateway.Hosting;

// The signals are the host's: they begin a drain, they do not cancel.
return await GatewayCommandLine.Build(GatewayHost.RunAsync, GatewayHost.Check, DrainCommand.RunAsync)
    .Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
