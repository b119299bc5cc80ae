using Nemotron.Capacity.Calibration;
using Nemotron.Planning;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

const string Usage = """
    usage: Capacity.Calibration ROWS.csv [errors|fit|cross-validate|saturation|published|all]
      errors          the committed parameters' errors on the rows, by group (the default)
      fit             fits the parameters to the rows and prints the parameter file
      cross-validate  leaves out each model, GPU and engine in turn, fits to the rest, and predicts what was left out
      saturation      where TTFT takes off, measured and predicted, by sweep
      published       TensorRT-LLM's published throughput, to which nothing is fitted
      all             all of these
    """;
var commands = new[] { "errors", "fit", "cross-validate", "saturation", "published" };
if (args.Length is 0 or > 2 || (args.Length == 2 && args[1] != "all" && !commands.Contains(args[1])))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

var parameters = CapacityParameters.Default;
IReadOnlyList<MeasuredRow> rows;
try
{
    rows = MeasuredRows.Read(args[0], File.ReadAllText(args[0]), ModelCatalogue.Default, GpuCatalogue.Default);
}
catch (Exception error) when (error is CatalogueException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 2;
}

var wanted = args.Length == 1 ? ["errors"] : args[1] == "all" ? commands : [args[1]];
foreach (var command in wanted)
{
    Console.WriteLine($"# {command}");
    switch (command)
    {
        case "errors":
            Report.Groups(Console.Out, Predictions.Of(rows, parameters));
            break;
        case "fit":
            var fit = Fit.To(rows, parameters, Console.Error.WriteLine);
            Console.Write(CapacityYaml.Write(fit.Parameters));
            Report.Groups(Console.Out, Predictions.Of(rows, fit.Parameters));
            break;
        case "cross-validate":
            foreach (var (name, key) in CrossValidation.Splits)
            {
                foreach (var (leftOut, errors) in CrossValidation.Run(rows, key, parameters))
                {
                    Console.WriteLine($"## without {name} {leftOut}");
                    Report.Groups(Console.Out, errors);
                }
            }
            break;
        case "saturation":
            Report.Saturations(Console.Out, Predictions.Of(rows, parameters));
            break;
        case "published":
            PublishedThroughput.Write(Console.Out, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "published-throughput.csv")), parameters);
            break;
    }
}
return 0;
