using Nemotron.Lab.Cli;

return await LabProgram.RunAsync(args, Console.Out, Console.Error, CancellationToken.None);
