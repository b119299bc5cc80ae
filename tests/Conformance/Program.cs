using Nemotron.Conformance.StandIns;
using Xunit.Runner.InProc.SystemConsole;

// A test program like the others; with "stand-in" it is one of the programs that EnvtestTests start in place of real ones.
return args is [StandIn.Argument, var name, .. var flags] ? await StandIn.RunAsync(name, flags, CancellationToken.None) : await ConsoleRunner.Run(args);
