using Nemotron.Gateway.Bench;

// Driven by bench/gateway.sh, which says what each figure means.
var options = args.Skip(1).Chunk(2).ToDictionary(pair => pair[0].TrimStart('-'), pair => pair[1]);
return args.FirstOrDefault() switch
{
    "engine" => await SimulatedEngine.RunAsync(Number("port", 0)),
    "latency" => Latency.Run(Number("port", 0), Number("rate", 1000), Number("connections", 16), Number("seconds", 10)),
    "streams" => Streams.Run(Number("port", 0), Number("connections", 64), Number("tokens", 500), Number("seconds", 10)),
    "churn" => Churn.Run(Number("port", 0), Number("streams", 10_000)),
    _ => Usage(),
};

int Number(string name, int value) => options.TryGetValue(name, out var text) ? int.Parse(text) : value;

static int Usage()
{
    Console.Error.WriteLine("usage: engine|latency|streams|churn --port N …; see bench/gateway.sh");
    return 2;
}
