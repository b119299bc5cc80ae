using System.CommandLine;
using System.Globalization;
using Nemotron.Cli.Plans;
using Nemotron.Crds;
using Nemotron.Planning;
using Nemotron.Planning.Scaling;
using Nemotron.Planning.Serving;
using Nemotron.Planning.Simulation;
using Nemotron.Planning.Simulation.Policies;

namespace Nemotron.Cli.Simulations;

/// <summary>The options of <c>simulate</c>, and what they make of a scenario.</summary>
internal sealed class SimulateOptions
{
    private const string DefaultGpu = "H100-SXM";
    private const int DefaultMaxReplicas = 100;

    public Option<string> File { get; } = new("--filename", "-f") { Description = "Simulate every NemotronDeployment of this YAML file, each by itself; - is standard input.", Required = true };

    public Option<string?> Deployment { get; } = new("--deployment") { Description = "Only the deployment of this name." };

    public Option<FileInfo?> Trace { get; } = new("--trace") { Description = "CSV file of requests with the columns TIMESTAMP, ContextTokens and GeneratedTokens, as Azure's LLM traces have them; a synthetic hour (a swing and bursts) if absent." };

    public Option<double> RateScale { get; } = new("--rate-scale") { Description = "How many times the trace's rate; its length stays.", DefaultValueFactory = _ => 1 };

    public Option<double> ReasoningShare { get; } = new("--reasoning-share") { Description = "Share of the requests that think, 0 to 1: their outputs are 5 to 30 times as long." };

    public Option<double?> ReasoningShareLater { get; } = new("--reasoning-share-later") { Description = "The share from the middle of the trace on; no change if absent." };

    public Option<string[]> Policy { get; } = new("--policy")
    {
        Description = $"Policies to compare: {string.Join(", ", PolicyCatalogue.Names)}, oracle, or all; nemotron if absent.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["nemotron"],
    };

    public Option<bool> Tune { get; } = new("--tune") { Description = "Try each policy with a grid of parameters and show its best at --goodput, instead of its defaults." };

    public Option<double> Goodput { get; } = new("--goodput") { Description = "Percent of requests within both objectives that the oracle and --tune must reach.", DefaultValueFactory = _ => 99 };

    public Option<string?> Ttft { get; } = new("--slo-ttft") { Description = "Longest time to first token, such as 2s; that of the deployment's targets if absent, or 2s." };

    public Option<string?> Itl { get; } = new("--slo-itl") { Description = "Longest mean time between a request's tokens, such as 60ms; that of the deployment's targets if absent, or 60ms." };

    public Option<string?> Gpu { get; } = new("--gpu") { Description = $"GPU type or nvidia.com/gpu.product value; {DefaultGpu} if absent." };

    public Option<string?> StartUp { get; } = new("--start-up") { Description = "Time from a replica's creation until it serves; 45 s and a second for each GB of weights if absent." };

    public Option<string[]> FailAt { get; } = new("--fail-at") { Description = "When the busiest replica crashes, from the trace's start, such as 10m; may be given several times.", DefaultValueFactory = _ => [] };

    public Option<int> Seed { get; } = new("--seed") { Description = "The seed of all draws: same seed, same result.", DefaultValueFactory = _ => 1 };

    public Option<FileInfo?> Report { get; } = new("--report") { Description = "Write a page with plots to this HTML file; it needs nothing else to be read." };

    public Option<string?> Output { get; } = new("--output", "-o") { Description = "table, json or csv; table if absent." };

    public IEnumerable<Option> All =>
        [File, Deployment, Trace, RateScale, ReasoningShare, ReasoningShareLater, Policy, Tune, Goodput, Ttft, Itl, Gpu, StartUp, FailAt, Seed, Report, Output];

    public IReadOnlyList<string> Policies(ParseResult given)
    {
        string[] known = [.. PolicyCatalogue.Names, "oracle"];
        var asked = given.GetValue(Policy)!.SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToArray();
        if (asked.Contains("all", StringComparer.Ordinal)) return known;
        foreach (var name in asked)
        {
            if (!known.Contains(name, StringComparer.Ordinal)) throw new UnknownNameException("policy", name, NearestNames.Of(name, known));
        }
        return [.. asked.Distinct(StringComparer.Ordinal)];
    }

    public IReadOnlyList<TracedRequest> Requests(ParseResult given)
    {
        var seed = given.GetValue(Seed);
        var shape = new TraceShape
        {
            RateScale = Within(RateScale.Name, given.GetValue(RateScale), 0.01, 1000),
            ReasoningShare = Within(ReasoningShare.Name, given.GetValue(ReasoningShare), 0, 1),
            ReasoningShareLater = given.GetValue(ReasoningShareLater) is { } later ? Within(ReasoningShareLater.Name, later, 0, 1) : null,
            Seed = seed,
        };
        try
        {
            var recorded = given.GetValue(Trace) is { } file
                ? TraceFile.Read(file.ToString(), System.IO.File.ReadAllText(file.FullName))
                : new SyntheticTrace { Seed = seed }.Generate();
            var requests = shape.Apply(recorded);
            return requests.Count > 0 ? requests : throw new BadInputException($"--rate-scale {shape.RateScale} leaves no request of the trace");
        }
        catch (FormatException error)
        {
            throw new BadInputException(error.Message);
        }
    }

    public FleetScenario Scenario(ParseResult given, string file, DeploymentFields fields, IReadOnlyList<TracedRequest> requests)
    {
        var place = $"{file}: {fields.Name}";
        var autoscaling = AutoscalingSection.Read(place, fields.Autoscaling);
        var spec = autoscaling is null ? new ScalingPolicySpec { MaxReplicas = DefaultMaxReplicas } : AutoscalingPolicy.Of(autoscaling);
        var ttft = Time(given, Ttft) ?? Strictest(spec, objective => objective.Ttft) ?? TimeSpan.FromSeconds(2);
        var itl = Time(given, Itl) ?? Strictest(spec, objective => objective.Itl) ?? TimeSpan.FromMilliseconds(60);
        if (given.GetValue(Ttft) is not null || given.GetValue(Itl) is not null || (spec.Latency.Off is null && spec.Latency.On is null))
        {
            var objective = new LatencyObjective(ttft, itl, Math.Clamp(Within(Goodput.Name, given.GetValue(Goodput), 50, 100), 50, 99));
            spec = spec with { Latency = new ByMode<LatencyObjective?>(objective, objective) };
        }
        var longest = requests.Max(item => item.Request.PromptTokens);
        var request = new PlanRequest
        {
            Model = ModelCatalogue.Default.Find(fields.Model),
            Gpu = PlanOptions.WholeGpu(GpuCatalogue.Default, given.GetValue(Gpu) ?? DefaultGpu),
            TensorParallel = fields.TensorParallel,
            PipelineParallel = fields.PipelineParallel ?? 1,
            Precision = fields.Precision ?? Planning.Precision.BF16,
            KvPrecision = fields.KvPrecision,
            ContextTokens = fields.ContextTokens,
            Engine = fields.Engine ?? Planning.EngineKind.TrtLlmServe,
            MemoryFraction = fields.MemoryFraction,
            MaxBatchedTokens = Math.Max(8192, longest),
        };
        ReplicaSetup setup;
        try
        {
            setup = ReplicaSetup.Of(request, Time(given, StartUp), fields.Concurrency);
        }
        catch (ArgumentException error)
        {
            throw new BadInputException($"{place}: {error.Message.Split(" (Parameter", 2)[0]}");
        }
        if (fields.Concurrency is { } most) setup = setup with { Limits = setup.Limits with { MaxSequences = Math.Min(setup.Limits.MaxSequences, Math.Max(1, most)) } };
        return setup.Scenario(spec, requests, ttft, itl) with { Failures = [.. given.GetValue(FailAt)!.Select(text => Time(FailAt.Name, text))] };
    }

    private static TimeSpan? Strictest(ScalingPolicySpec spec, Func<LatencyObjective, TimeSpan?> of)
    {
        var times = new[] { spec.Latency.Off, spec.Latency.On }.OfType<LatencyObjective>().Select(of).OfType<TimeSpan>().ToArray();
        return times.Length == 0 ? null : times.Min();
    }

    private static TimeSpan? Time(ParseResult given, Option<string?> option) => given.GetValue(option) is { } text ? Time(option.Name, text) : null;

    private static TimeSpan Time(string option, string text) => Duration.TryParse(text, out var time) && time.Value > TimeSpan.Zero
        ? time.Value
        : throw new BadInputException($"{option} must be a duration above zero such as 90s, 300ms or 10m, not '{text}'");

    private static double Within(string option, double value, double least, double most) => value >= least && value <= most
        ? value
        : throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"{option} must be between {least} and {most}, not {value}"));
}
