using Nemotron.Runtime.Bench;

return await new BenchCommand().Parse(args).InvokeAsync();
