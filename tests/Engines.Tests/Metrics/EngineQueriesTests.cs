using System.Globalization;
using System.Text;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Metrics.Dialects;
using Nemotron.Engines.Metrics.Gpus;
using Nemotron.Engines.Metrics.PromQl;

namespace Nemotron.Engines.Tests.Metrics;

/// <summary>
/// The PromQL is run by Prometheus' own engine (promtool test rules) over the sample scrapes as a fleet, and must give what the reader
/// of scrapes gives: one table of dialects, two readings of it, one result.
/// </summary>
public sealed class EngineQueriesTests : IDisposable
{
    private const int Minutes = 10;
    private static readonly QueryScope Scope = new("namespace=\"fleet\"", TimeSpan.FromMinutes(Minutes - 2));
    private static readonly EngineSignal[] Gauges =
        [EngineSignal.Running, EngineSignal.Waiting, EngineSignal.KvUsedFraction, EngineSignal.KvUsedBlocks, EngineSignal.KvTotalBlocks, EngineSignal.KvTokensPerBlock, EngineSignal.KvUsedTokens, EngineSignal.KvTotalTokens];
    private static readonly EngineSignal[] Counters = [EngineSignal.PromptTokens, EngineSignal.GenerationTokens, EngineSignal.RequestsSucceeded, EngineSignal.RequestsFailed];
    private static readonly EngineSignal[] Distributions = [EngineSignal.TimeToFirstToken, EngineSignal.TimePerOutputToken, EngineSignal.QueueTime, EngineSignal.RequestTime];

    private readonly string _folder = Directory.CreateTempSubdirectory("nemotron-promql-").FullName;

    [Fact]
    public async Task Every_query_parses()
    {
        var rules = new StringBuilder("groups:\n- name: all\n  rules:\n");
        foreach (var (name, query) in AllQueries(new QueryScope("namespace=~\"a|b\",pod!=\"c\"", TimeSpan.FromMinutes(5))).Concat(AllQueries(new QueryScope("", TimeSpan.FromSeconds(90)))).Select((q, i) => ($"r{i}:{q.Name}", q.Query)))
            rules.Append(CultureInfo.InvariantCulture, $"  - record: {name}\n    expr: |\n      {query.Replace("\n", "\n      ")}\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "rules.yaml"), rules.ToString(), TestContext.Current.CancellationToken);
        var (code, output) = await Promtool.RunAsync(_folder, "check", "rules", "rules.yaml");
        code.ShouldBe(0, output);
        output.ShouldContain($"{2 * AllQueries(Scope).Count()} rules found");
    }

    [Fact]
    public async Task The_fleet_query_gives_what_the_scrapes_give()
    {
        var fleet = SampleFile.Engines.Select(name => (Pod: name.Replace('.', '-'), Text: SampleFile.Text(name))).ToList();
        var expected = fleet.ToDictionary(f => f.Pod, f => EngineMetrics.Read(Encoding.UTF8.GetBytes(f.Text), default));
        var test = new PromqlTest();
        foreach (var (pod, text) in fleet)
        {
            // The same target under two jobs, as two PodMonitors make it, is one engine still.
            test.Series(text, $"namespace=\"fleet\",pod=\"{pod}\",instance=\"10.0.0.1:8000\",job=\"a\"");
            test.Series(text, $"namespace=\"fleet\",pod=\"{pod}\",instance=\"10.0.0.1:8000\",job=\"b\"");
            test.Series(text, $"namespace=\"other\",pod=\"{pod}\",instance=\"10.0.0.2:8000\",job=\"a\"");
        }

        foreach (var signal in Gauges)
            test.Expect(EngineQueries.Gauge(signal, Scope), expected.Where(e => e.Value[signal].IsKnown).Select(e => (e.Key, e.Value.Dialect.Name, e.Value[signal].Value!.Value)));
        // Counters rise from zero to the sample's value over the whole time.
        foreach (var signal in Counters)
            test.Expect(EngineQueries.Rate(signal, Scope), expected.Where(e => e.Value[signal].IsKnown).Select(e => (e.Key, e.Value.Dialect.Name, e.Value[signal].Value!.Value / (Minutes * 60))));
        foreach (var signal in Distributions)
        {
            foreach (var q in new[] { 0.5, 0.9, 0.99 })
                test.Expect(EngineQueries.Quantile(signal, q, Scope), expected.Where(e => e.Value.Distribution(signal).Value is not null).Select(e => (e.Key, e.Value.Dialect.Name, e.Value.Distribution(signal).Value!.Quantile(q)!.Value)));
            test.Expect(EngineQueries.Mean(signal, Scope), expected.Where(e => e.Value.Distribution(signal).Value is not null).Select(e => (e.Key, e.Value.Dialect.Name, e.Value.Distribution(signal).Value!.Mean!.Value)));
        }

        test.Expectations.ShouldBe(Gauges.Length + Counters.Length + (4 * Distributions.Length));
        await RunAsync(test);
    }

    [Fact]
    public async Task Processes_ranks_and_models_are_put_together_as_in_a_scrape()
    {
        const string Text = """
            trtllm_num_requests_running{engine_type="pytorch",model_name="m",pid="1"} 7
            trtllm_num_requests_running{engine_type="pytorch",model_name="m",pid="42"} 3
            trtllm_generation_tokens_total{engine_type="pytorch",model_name="m",pid="1"} 600
            trtllm_generation_tokens_total{engine_type="pytorch",model_name="m",pid="42"} 1200
            """;
        const string Ranks = """
            vllm:num_requests_running{engine="0",model_name="m"} 7
            vllm:num_requests_running{engine="1",model_name="m"} 3
            vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
            vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.75
            """;
        const string Ensemble = """
            nv_inference_request_success{model="ensemble",version="1"} 600
            nv_inference_request_success{model="tensorrt_llm",version="1"} 1200
            nv_inference_request_failure{model="tensorrt_llm",reason="BACKEND",version="1"} 60
            nv_inference_request_failure{model="tensorrt_llm",reason="CANCELED",version="1"} 6000
            nv_inference_request_failure{model="tensorrt_llm",reason="OTHER",version="1"} 60
            nv_inference_request_failure{model="ensemble",reason="OTHER",version="1"} 60
            """;
        var test = new PromqlTest();
        foreach (var (pod, text) in new[] { ("a", Text), ("b", Ranks), ("c", Ensemble) }) test.Series(text, $"namespace=\"fleet\",pod=\"{pod}\",instance=\"i\",job=\"j\"");
        test.Expect(EngineQueries.Gauge(EngineSignal.Running, Scope), [("a", DialectName.TrtLlmServe13, 7), ("b", DialectName.Vllm, 10)]);
        test.Expect(EngineQueries.Gauge(EngineSignal.KvUsedFraction, Scope), [("b", DialectName.Vllm, 0.75)]);
        test.Expect(EngineQueries.Rate(EngineSignal.GenerationTokens, Scope), [("a", DialectName.TrtLlmServe13, 3)]);
        test.Expect(EngineQueries.Rate(EngineSignal.RequestsSucceeded, Scope), [("c", DialectName.TritonLlmApi, 2)]);
        test.Expect(EngineQueries.Rate(EngineSignal.RequestsFailed, Scope), [("c", DialectName.TritonLlmApi, 0.2)]);
        await RunAsync(test);
    }

    [Fact]
    public async Task The_GPUs_of_the_fleet()
    {
        var gpus = DcgmExporter.Read(SampleFile.Bytes("dcgm"));
        var test = new PromqlTest();
        test.Series(SampleFile.Text("dcgm"), "job=\"dcgm\"");
        foreach (var (signal, of) in new (GpuSignal, Func<GpuSignals, Signal>)[]
                 {
                     (GpuSignal.MemoryUsedBytes, g => g.MemoryUsedBytes), (GpuSignal.Utilization, g => g.Utilization), (GpuSignal.LastXid, g => g.LastXid), (GpuSignal.TensorActive, g => g.TensorActive),
                 })
        {
            test.ExpectLabels(DcgmExporter.Query(signal, new QueryScope("", TimeSpan.FromMinutes(1))), gpus.Where(g => of(g).IsKnown).Select(g => (
                g.Pod is null ? $"gpu=\"{g.Index}\", UUID=\"{g.Uuid}\"" : $"namespace=\"{g.Namespace}\", pod=\"{g.Pod}\", gpu=\"{g.Index}\", UUID=\"{g.Uuid}\"", of(g).Value!.Value)));
        }

        await RunAsync(test);
    }

    [Fact]
    public void What_no_dialect_reports_that_way_is_refused()
    {
        Should.Throw<ArgumentException>(() => EngineQueries.Gauge(EngineSignal.GenerationTokens, Scope)).Message.ShouldContain("No dialect reports GenerationTokens as a gauge");
        Should.Throw<ArgumentException>(() => EngineQueries.Rate(EngineSignal.Running, Scope));
        Should.Throw<ArgumentException>(() => EngineQueries.Quantile(EngineSignal.Running, 0.5, Scope));
        Should.Throw<ArgumentOutOfRangeException>(() => EngineQueries.Quantile(EngineSignal.TimeToFirstToken, 50, Scope));
    }

    private async Task RunAsync(PromqlTest test)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "test.yaml"), test.ToString(), TestContext.Current.CancellationToken);
        var (code, output) = await Promtool.RunAsync(_folder, "test", "rules", "test.yaml");
        code.ShouldBe(0, output.Length > 6000 ? output[..6000] : output);
    }

    private static IEnumerable<(string Name, string Query)> AllQueries(QueryScope scope) =>
        Gauges.Select(s => ($"gauge_{s}", EngineQueries.Gauge(s, scope)))
            .Concat(Counters.Select(s => ($"rate_{s}", EngineQueries.Rate(s, scope))))
            .Concat(Distributions.Select(s => ($"quantile_{s}", EngineQueries.Quantile(s, 0.9, scope))))
            .Concat(Distributions.Select(s => ($"mean_{s}", EngineQueries.Mean(s, scope))))
            .Concat(Enum.GetValues<GpuSignal>().Select(s => ($"gpu_{s}", DcgmExporter.Query(s, scope))))
            .Concat(Enum.GetValues<GpuSignal>().Select(s => ($"exported_{s}", DcgmExporter.Query(s, scope, exported: true))));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A unit test in promtool's YAML: gauges stand still, counters and histograms rise from zero.</summary>
    private sealed class PromqlTest
    {
        // Rounded alike on both sides: summing in another order may differ in the last bit.
        private const double Digits = 1e6;
        private readonly StringBuilder _series = new();
        private readonly StringBuilder _expectations = new();

        public int Expectations { get; private set; }

        public void Series(string scrape, string labels)
        {
            var types = new Dictionary<string, string>();
            foreach (var line in scrape.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.StartsWith("# TYPE ", StringComparison.Ordinal)) types[line.Split(' ')[2]] = line.Split(' ')[3];
                if (line.StartsWith('#')) continue;
                var space = line.LastIndexOf(' ');
                var (series, value) = (line[..space], double.Parse(line[(space + 1)..], CultureInfo.InvariantCulture));
                var name = series.Split('{')[0];
                var own = series.Contains('{') ? series[(name.Length + 1)..^1] + "," : "";
                // Every counter here is called so, or is one of Triton's.
                var rises = name.EndsWith("_total", StringComparison.Ordinal) || name.StartsWith("nv_inference_request", StringComparison.Ordinal)
                    || new[] { "_bucket", "_sum", "_count" }.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal) && types.GetValueOrDefault(name[..^suffix.Length]) == "histogram");
                var values = rises ? $"0+{(value / Minutes / 2).ToString("R", CultureInfo.InvariantCulture)}x{Minutes * 2}" : $"{value.ToString("R", CultureInfo.InvariantCulture)}x{Minutes * 2}";
                _series.Append(CultureInfo.InvariantCulture, $"  - series: '{name}{{{own}{labels}}}'\n    values: '{values}'\n");
            }
        }

        public void Expect(string query, IEnumerable<(string Pod, DialectName Dialect, double Value)> expected) =>
            ExpectLabels(query, expected.Select(e => ($"namespace=\"fleet\", pod=\"{e.Pod}\", dialect=\"{e.Dialect}\"", e.Value)));

        public void ExpectLabels(string query, IEnumerable<(string Labels, double Value)> expected)
        {
            Expectations++;
            _expectations.Append(CultureInfo.InvariantCulture, $"  - eval_time: {Minutes}m\n    expr: |\n      round(\n      {query.Replace("\n", "\n      ")}\n      , 1e-6)\n    exp_samples:\n");
            foreach (var (labels, value) in expected)
                _expectations.Append(CultureInfo.InvariantCulture, $"    - labels: '{{{labels}}}'\n      value: {(Math.Floor((value * Digits) + 0.5) / Digits).ToString("R", CultureInfo.InvariantCulture)}\n");
        }

        public override string ToString() => $"evaluation_interval: 30s\ntests:\n- interval: 30s\n  input_series:\n{_series}  promql_expr_test:\n{_expectations}";
    }
}
