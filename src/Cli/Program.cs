using Nemotron.Cli;

return CommandLine.Run(args, Terminal.Console());
