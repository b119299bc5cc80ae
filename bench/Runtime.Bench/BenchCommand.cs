using System.CommandLine;

namespace Nemotron.Runtime.Bench;

/// <summary>What is measured.</summary>
/// <param name="Operator">The operator's executable, published for release.</param>
/// <param name="Repository">The checkout.</param>
internal sealed record BenchOptions(string Operator, string Repository);

/// <summary>The command line.</summary>
internal sealed class BenchCommand
{
    private static readonly (string Name, Func<BenchOptions, Task<IReadOnlyList<Figure>>> MeasureAsync)[] All =
        [("small", SmallFleet.MeasureAsync), ("failover", FailOver.MeasureAsync), ("fleet", new LargeFleet(1000, InFleet: true).MeasureAsync), ("large", new LargeFleet(5000, InFleet: false).MeasureAsync)];

    private readonly Option<FileInfo> program = new("--operator") { Description = "The operator's executable, published for release", Required = true };

    private readonly Option<DirectoryInfo> repository = new("--repository") { Description = "The checkout", DefaultValueFactory = _ => new DirectoryInfo(Environment.CurrentDirectory) };

    private readonly Option<string[]> only = new("--only") { Description = "What to measure: small, failover, fleet, large; all of it by default", AllowMultipleArgumentsPerToken = true };

    public ParseResult Parse(string[] args)
    {
        only.AcceptOnlyFromAmong([.. All.Select(one => one.Name)]);
        var root = new RootCommand("Measures the operator as a process against the Lab in this process. The table says which budgets hold; the exit code is 1 when one does not.")
        {
            program, repository, only,
        };
        root.SetAction(async (parsed, _) =>
        {
            var options = new BenchOptions(parsed.GetValue(program)!.FullName, parsed.GetValue(repository)!.FullName);
            var wanted = parsed.GetValue(only) is { Length: > 0 } names ? names : [.. All.Select(one => one.Name)];
            var figures = new List<Figure>();
            foreach (var (_, measure) in All.Where(one => wanted.Contains(one.Name))) figures.AddRange(await measure(options));
            Console.WriteLine(Figure.Table(figures));
            return figures.Any(figure => figure.Holds == false) ? 1 : 0;
        });
        return root.Parse(args);
    }
}
