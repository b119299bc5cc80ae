using System.Text;
using CsCheck;
using Nemotron.Engines.Metrics.Exposition;

namespace Nemotron.Engines.Tests.Metrics;

/// <summary>The text format, its corners, and what no input may do.</summary>
public class ExpositionTests
{
    private static readonly NameSet Wanted = new(["x", "x_total", "x_bucket", "a:b", "y"]);

    public static TheoryData<string, double, string> GoodLines => new()
    {
        { "x 1", 1, "" },
        { "x  1.5e3  ", 1500, "" },
        { "\t x\t2", 2, "" },
        { "x{} 3", 3, "" },
        { "x { } 3", 3, "" },
        { "x{a=\"b\"} 4", 4, "a=b" },
        { "x{a=\"b\",} 4", 4, "a=b" },
        { "x{ a = \"b\" , c = \"d\" } 4", 4, "a=b;c=d" },
        { "x{a=\"\"} 4", 4, "a=" },
        { "x{a=\"b}c,d=\\\"e\\\"\"} 4", 4, "a=b}c,d=\"e\"" },
        { "x{a=\"l1\\nl2\",b=\"back\\\\slash\"} 4", 4, "a=l1\nl2;b=back\\slash" },
        { "x{a=\"C:\\\\dir\\t\"} 4", 4, "a=C:\\dir\\t" },
        { "x{a=\"größe 世界\"} 4", 4, "a=größe 世界" },
        { "x 5 1700000000000", 5, "" },
        { "x 5 -1", 5, "" },
        { "x_total 6 1700000000.25", 6, "" },
        { "x_bucket{le=\"1.0\"} 7 # {trace_id=\"abc\"} 0.67", 7, "le=1.0" },
        { "x_bucket{le=\"+Inf\"} 8 1700000000.25 # {trace_id=\"abc\"} 0.67 1700000000.1", 8, "le=+Inf" },
        { "x +Inf", double.PositiveInfinity, "" },
        { "x -inf", double.NegativeInfinity, "" },
        { "x Inf", double.PositiveInfinity, "" },
        { "x -Infinity", double.NegativeInfinity, "" },
        { "x NaN", double.NaN, "" },
        { "x nan", double.NaN, "" },
        { "x -0.0", 0, "" },
        { "a:b 9", 9, "" },
        { "{\"x\"} 10", 10, "" },
        { "{\"x\",a=\"b\"} 10", 10, "a=b" },
        { "x{\"a.b\"=\"c\"} 11", 11, "a.b=c" },
        { "x 1\r", 1, "" },
    };

    [Theory]
    [MemberData(nameof(GoodLines))]
    public void A_sample_is_read(string line, double value, string labels)
    {
        var families = Read(line + "\n");
        families.MalformedLines.ShouldBe(0, families.FirstMalformed);
        var (_, series) = families.Only();
        series.Value.ShouldBe(value);
        string.Join(';', series.Labels.Select(l => $"{l.Key}={l.Value}")).ShouldBe(labels);
    }

    public static TheoryData<string> BadLines =>
    [
        "x", "x ", "x{", "x{a", "x{a=", "x{a=\"", "x{a=\"b", "x{a=\"b\"", "x{a=\"b\"}", "x{a=b} 1", "x{a=\"b\" c=\"d\"} 1", "x{,} 1", "x{\"\"} 1",
        "1x 1", "{a=\"b\"} 1", "{} 1", "x{\"x\"} 1", "{\"x\",\"y\"} 1", "x one", "x 1 soon", "x 1 2 3", "x ∞", "x 1,5", "x 0x10", "x --1", "x +", "x{a=\"b\"}1 2 3", "<html>", "HTTP/1.1 502",
        "x{a=\"\\\"} 1",
    ];

    [Theory]
    [MemberData(nameof(BadLines))]
    public void What_is_no_sample_is_counted_and_hides_nothing_else(string line)
    {
        var families = Read($"y 1\n{line}\ny 2\n");
        families.MalformedLines.ShouldBe(1);
        families.FirstMalformed!.Trim().ShouldBe(line.Trim());
        families["y"].Select(s => s.Value).ShouldBe([1, 2]);
    }

    [Fact]
    public void Comments_and_blank_lines_are_passed_over_and_EOF_ends()
    {
        var families = Read("# HELP x A \\n thing {\n# TYPE x gauge\n#\n\n   \n# UNIT x seconds\nx 1\n# EOF\nx 2\n<html>\n");
        (families.Samples, families.MalformedLines).ShouldBe((1, 0));
        Read("x 1\n# EOF").MalformedLines.ShouldBe(0, "OpenMetrics may end without a line end");
    }

    [Fact]
    public void A_cut_last_line_is_not_taken_for_a_number()
    {
        // "x 1234" cut after the first digit.
        var families = Read("y 1\nx 1");
        families.Has("x").ShouldBeFalse();
        families.MalformedLines.ShouldBe(1);
    }

    [Fact]
    public async Task A_line_without_end_is_dropped_and_the_next_one_is_read()
    {
        var text = $"x {new string('1', 3 * ExpositionReader.MaxLineBytes)}\ny 2\n";
        var families = await ReadChunks(text, 4096);
        families["y"].Single().Value.ShouldBe(2);
        (families.MalformedLines, families.Has("x")).ShouldBe((1, false));
        families.FirstMalformed!.Length.ShouldBe(200);
    }

    [Fact]
    public async Task More_than_an_engine_would_send_is_refused()
    {
        using var endless = new EndlessStream();
        await Should.ThrowAsync<InvalidDataException>(async () => await ExpositionReader.ReadAsync(endless, Wanted, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_a_real_client_library_writes_is_read()
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        factory.CreateGauge("x", "A gauge with \"quotes\" and \\ in its help.", "a").WithLabels("v\"\\\n").Set(double.NegativeInfinity);
        factory.CreateCounter("x_total", "A counter.").Inc(1e21);
        using var stream = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(stream, TestContext.Current.CancellationToken);

        var families = ExpositionReader.Read(stream.ToArray(), Wanted);
        families.MalformedLines.ShouldBe(0, families.FirstMalformed);
        families["x"].Single().Label("a").ShouldBe("v\"\\\n");
        families["x"].Single().Value.ShouldBe(double.NegativeInfinity);
        families["x_total"].Single().Value.ShouldBe(1e21);
    }

    [Fact]
    public void What_is_written_is_read_back() => Gen.Select(GenSeries.List[0, 20], Gen.Bool).Sample((all, timestamps) =>
    {
        var text = string.Concat(all.Select(s => Render(s, timestamps)));
        var families = Read(text);
        families.MalformedLines.ShouldBe(0, families.FirstMalformed);
        foreach (var name in new[] { "x", "a:b" })
        {
            var expected = all.Where(s => s.Name == name).ToList();
            families[name].Select(s => s.Value).ShouldBe(expected.Select(s => s.Value));
            families[name].Select(s => string.Join('|', s.Labels)).ShouldBe(expected.Select(s => string.Join('|', s.Labels.Select(l => new KeyValuePair<string, string>(l.Name, l.Value)))));
        }
    });

    [Fact]
    public void However_the_bytes_arrive_the_result_is_the_same() => Gen.Select(GenSeries.List[0, 20], Gen.Int[1, 50]).Sample((all, chunk) =>
    {
        var text = string.Concat(all.Select(s => Render(s, false)));
        Flat(ReadChunks(text, chunk).GetAwaiter().GetResult()).ShouldBe(Flat(Read(text)));
    });

    [Fact]
    public void No_bytes_make_it_fail_and_every_line_is_accounted_for() => Gen.OneOf(Gen.Byte.Array[0, 300], Mangled).Sample(bytes =>
    {
        var families = ExpositionReader.Read(bytes, Wanted);
        var lines = bytes.Count(b => b == '\n') + 1;
        (families.Samples + families.MalformedLines).ShouldBeLessThanOrEqualTo(lines);
        (families.MalformedLines == 0).ShouldBe(families.FirstMalformed is null);
        Flat(ReadChunks(bytes, 7).GetAwaiter().GetResult()).ShouldBe(Flat(families));
    }, iter: 20_000);

    /// <summary>Valid text with a few bytes replaced: nearer to the parser's corners than noise.</summary>
    private static readonly Gen<byte[]> Mangled = Gen.Select(
        Gen.Const("# TYPE x histogram\nx_bucket{a=\"b\\\"\",le=\"+Inf\"} 1.5e3 1700000000 # {t=\"1\"} 2\n{\"x\",a=\"\\\\\"} NaN\n# EOF\n"),
        Gen.Select(Gen.Int[0, 200], OneOf("\"\\{}=,# \n\tNI0.+-e\u00ff".Select(c => (byte)c).ToArray())).Array[0, 8],
        (text, edits) =>
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            foreach (var (at, with) in edits) bytes[at % bytes.Length] = with;
            return bytes;
        });

    private static readonly Gen<(string Name, (string Name, string Value)[] Labels, double Value)> GenSeries = Gen.Select(
        OneOf("x", "a:b", "unwanted"),
        Gen.Select(OneOf("a", "le", "pid", "other_1"), Gen.String[Gen.OneOf(Gen.Char.AlphaNumeric, OneOf('"', '\\', '\n', ' ', '}', ',', 'é', 'n')), 0, 12]).Array[0, 4],
        Gen.OneOf(Gen.Double, Gen.Int.Select(i => (double)i), OneOf(double.NaN, double.PositiveInfinity, double.NegativeInfinity)));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string Render((string Name, (string Name, string Value)[] Labels, double Value) series, bool timestamp)
    {
        var labels = string.Join(',', series.Labels.Select(l => $"{l.Name}=\"{l.Value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\""));
        var value = double.IsNaN(series.Value) ? "NaN" : double.IsInfinity(series.Value) ? series.Value > 0 ? "+Inf" : "-Inf" : series.Value.ToString("R", null);
        return $"{series.Name}{(labels.Length > 0 ? $"{{{labels}}}" : "")} {value}{(timestamp ? " 1700000000000" : "")}\n";
    }

    private static MetricFamilies Read(string text) => ExpositionReader.Read(Encoding.UTF8.GetBytes(text), Wanted);

    private static Task<MetricFamilies> ReadChunks(string text, int chunk) => ReadChunks(Encoding.UTF8.GetBytes(text), chunk);

    private static async Task<MetricFamilies> ReadChunks(byte[] bytes, int chunk)
    {
        using var stream = new ChunkStream(bytes, chunk);
        return await ExpositionReader.ReadAsync(stream, Wanted, CancellationToken.None);
    }

    private static string Flat(MetricFamilies f) =>
        $"{f.Samples} {f.MalformedLines} {f.FirstMalformed} " + string.Join('\n', new[] { "x", "x_total", "x_bucket", "a:b", "y" }.SelectMany(n => f[n].Select(s => $"{n}{string.Join(',', s.Labels)} {s.Value:R}")));

    private sealed class ChunkStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'\n');
            return ValueTask.FromResult(buffer.Length);
        }
    }
}

internal static class FamiliesExtensions
{
    /// <summary>The one series there is.</summary>
    public static (string Name, Series Series) Only(this MetricFamilies families) =>
        new[] { "x", "x_total", "x_bucket", "a:b", "y" }.SelectMany(n => families[n].Select(s => (n, s))).Single();
}
