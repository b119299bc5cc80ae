using System.CommandLine;
using Nemotron.Gateway.Hosting;

// Handlers here are short and wait for sockets only, so they run on the threads that the sockets wake: a hop to another thread for each token costs more
// than the token. Read once, when the first socket is made.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

// The signals are the host's: they begin a drain, they do not cancel.
return await GatewayCommandLine.Build(GatewayHost.RunAsync, GatewayHost.Check, DrainCommand.RunAsync)
    .Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
