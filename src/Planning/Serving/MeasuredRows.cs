using System.Globalization;
using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>One measured run of a closed loop.</summary>
public sealed record MeasuredRow
{
    /// <summary>The replica that was measured.</summary>
    public required ReplicaSpec Replica { get; init; }

    /// <summary>The load on it.</summary>
    public required ClosedLoopLoad Load { get; init; }

    /// <summary>Mean time to first token in milliseconds; null where the row does not say.</summary>
    public required double? TtftMs { get; init; }

    /// <summary>Mean time per output token in milliseconds; null where the row does not say.</summary>
    public required double? TpotMs { get; init; }

    /// <summary>The precision as the row has it; empty for the checkpoint's own.</summary>
    public required string PrecisionText { get; init; }

    /// <summary>What a sweep over concurrencies keeps fixed: model, GPU, engine, version and precision.</summary>
    public string Group => string.Join(' ',
        Replica.Model.Name, Replica.Gpu.Name, Replica.Engine, Replica.EngineVersion ?? "", PrecisionText.Length == 0 ? "-" : PrecisionText);

    /// <summary>The group, the degree and the lengths.</summary>
    public string Sweep => string.Create(CultureInfo.InvariantCulture, $"{Group} tp{Replica.TensorParallel} {Load.PromptTokens}/{Load.OutputTokens}");
}

/// <summary>Reads measured rows from CSV with the columns of <c>measured-latency.csv</c>, in any order.</summary>
public static class MeasuredRows
{
    private static readonly string[] Needed = ["model", "system", "backend", "isl", "osl", "concurrency", "tp"];

    /// <summary>Reads rows.</summary>
    /// <param name="file">What errors call the text.</param>
    /// <param name="text">
    /// Columns <c>model, system, backend, isl, osl, concurrency, tp</c>; may have <c>backend_version, precision, pp, ttft_ms, tpot_ms</c>; others are
    /// passed over. Values are not quoted.
    /// </param>
    /// <param name="models">Where models are found, by name, alias or checkpoint.</param>
    /// <param name="gpus">Where GPUs are found, by name or by names such as <c>h100_sxm</c>.</param>
    /// <exception cref="CatalogueException">A column is missing or a value cannot be used; the error names file, line and column.</exception>
    public static IReadOnlyList<MeasuredRow> Read(string file, string text, ModelCatalogue models, GpuCatalogue gpus)
    {
        var lines = text.Split('\n');
        var columns = lines[0].Trim().Split(',').Select(name => name.Trim()).ToList();
        if (Needed.FirstOrDefault(name => !columns.Contains(name)) is { } missing)
            throw new CatalogueException(file, "line 1", $"has no column {missing}; needed: {string.Join(", ", Needed)}");
        var rows = new List<MeasuredRow>();
        for (var i = 1; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0) continue;
            var row = new CsvRow(file, i + 1, columns, line.Split(','));
            rows.Add(ReadRow(row, models, gpus));
        }
        return rows;
    }

    private static MeasuredRow ReadRow(CsvRow row, ModelCatalogue models, GpuCatalogue gpus)
    {
        var name = row.Text("model");
        var model = row.Find("model", () => models.Find(name));
        var precision = row.Optional("precision");
        return new MeasuredRow
        {
            Replica = new ReplicaSpec
            {
                Model = model,
                Gpu = row.Find("system", () => gpus.Find(GpuName(row.Text("system")))),
                TensorParallel = row.Whole("tp", TensorParallelRules.Largest),
                PipelineParallel = row.Optional("pp").Length > 0 ? row.Whole("pp", MemoryPlanner.MaxPipelineParallel) : 1,
                Precision = PrecisionOf(row, precision, model, name),
                Engine = row.Find("backend", () => EngineNames.Parse(row.Text("backend"))),
                EngineVersion = row.Optional("backend_version") is { Length: > 0 } version ? version : null,
            },
            Load = new ClosedLoopLoad(
                row.Whole("isl", MemoryPlanner.MaxContextTokens), row.Whole("osl", MemoryPlanner.MaxContextTokens), row.Whole("concurrency", MemoryPlanner.MaxConcurrency)),
            TtftMs = row.Number("ttft_ms"),
            TpotMs = row.Number("tpot_ms"),
            PrecisionText = precision,
        };
    }

    // Without a precision, what the named checkpoint is kept in.
    private static Precision PrecisionOf(CsvRow row, string text, ModelEntry model, string name) => text.ToUpperInvariant() switch
    {
        "" => model.Checkpoints.FirstOrDefault(checkpoint => string.Equals(checkpoint.HuggingFaceId, name, StringComparison.OrdinalIgnoreCase))?.Precision ?? Precision.BF16,
        "BF16" or "FP16" or "FLOAT16" or "BFLOAT16" => Precision.BF16,
        "FP8" or "FP8_BLOCK" => Precision.FP8,
        "FP4" or "NVFP4" => Precision.NVFP4,
        _ => throw row.Error("precision", $"'{text}' is not one of bf16, fp8, nvfp4"),
    };

    // The catalogue has two of them; measurements are of the larger.
    private static string GpuName(string system) =>
        string.Equals(system, "a100_sxm", StringComparison.OrdinalIgnoreCase) ? "A100-SXM-80GB" : system;

    private sealed record CsvRow(string File, int Line, List<string> Columns, string[] Values)
    {
        public string Optional(string column) => Columns.IndexOf(column) is var at and >= 0 && at < Values.Length ? Values[at].Trim() : "";

        public string Text(string column) => Optional(column) is { Length: > 0 } text ? text : throw Error(column, "is empty");

        public int Whole(string column, int most) =>
            int.TryParse(Text(column), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= 1 && value <= most
                ? value
                : throw Error(column, $"must be a whole number between 1 and {most}, not '{Text(column)}'");

        public double? Number(string column) => Optional(column) switch
        {
            "" => null,
            var text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 && double.IsFinite(value) => value,
            var text => throw Error(column, $"must be a number above 0, not '{text}'"),
        };

        public T Find<T>(string column, Func<T> find)
        {
            try
            {
                return find();
            }
            catch (UnknownNameException error)
            {
                throw new CatalogueException(File, Place(column), error.Message, error);
            }
        }

        public CatalogueException Error(string column, string reason) => new(File, Place(column), reason);

        private string Place(string column) => string.Create(CultureInfo.InvariantCulture, $"line {Line}: {column}");
    }
}
