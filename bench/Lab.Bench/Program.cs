using System.Globalization;
using Nemotron.Lab.Bench;

// How the Lab grows: each size in a process of its own, so that neither memory nor warmth is handed on.
//   dotnet run -c Release --project bench/Lab.Bench                        a fiftieth, a tenth and a third of the whole
//   dotnet run -c Release --project bench/Lab.Bench -- 0.1,1               these shares of 2,000 nodes and 20,000 pods
if (args is ["--one", var share]) return await FleetRun.RunAsync(Share(share), Console.Out, CancellationToken.None);
var shares = (args.Length == 0 ? "0.02,0.1,0.33" : args[0]).Split(',').Select(Share).ToArray();
return await Comparison.RunAsync(shares, Console.Out, CancellationToken.None);

static double Share(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out var share) && share is > 0 and <= 2
    ? share
    : throw new ArgumentException($"\"{text}\": a share of the whole fleet is above 0 and at most 2, for example 0.1");
