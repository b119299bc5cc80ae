using System.Globalization;
using Nemotron.Engines.Bench;

// dotnet run -c Release --project bench/Engines.Bench [-- <engines> <seconds> | -- scrape]
switch (args)
{
    case ["serve", var count]:
        await SimulatedEngines.ServeAsync(Number(count));
        return 0;
    case ["poll", var scenario, var count, var seconds]:
        Console.WriteLine(await PollingProcess.MeasureAsync(Enum.Parse<Scenario>(scenario), Number(count), TimeSpan.FromSeconds(Number(seconds))));
        return 0;
    case ["scrape"]:
        ScrapeBench.Run();
        return 0;
    case []:
        return await PollingBench.RunAsync(500, 60);
    case [var count, var seconds]:
        return await PollingBench.RunAsync(Number(count), Number(seconds));
    default:
        Console.Error.WriteLine("usage: Engines.Bench [<engines> <seconds> | scrape]");
        return 2;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
