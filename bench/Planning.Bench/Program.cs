using BenchmarkDotNet.Running;
using Nemotron.Planning.Bench;

BenchmarkSwitcher.FromAssembly(typeof(MemoryPlanBenchmarks).Assembly).Run(args);
