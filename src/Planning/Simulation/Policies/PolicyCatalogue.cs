namespace Nemotron.Planning.Simulation.Policies;

/// <summary>A policy with its parameters.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Parameters">Its parameters, for people.</param>
/// <param name="Create">Makes an instance for one run.</param>
public sealed record PolicyChoice(string Policy, string Parameters, Func<FleetScenario, IScalingPolicy> Create);

/// <summary>The policies that can be simulated, each with its defaults and with a grid to tune it by.</summary>
public static class PolicyCatalogue
{
    private static readonly double[] KvTargets = [0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
    private static readonly TimeSpan[] DownWindows = [TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(300)];

    private static readonly (TimeSpan Up, TimeSpan Down)[] UpAndDownWindows =
        [(TimeSpan.Zero, TimeSpan.FromSeconds(60)), (TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(150)), (TimeSpan.Zero, TimeSpan.FromSeconds(300)), (TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(600))];

    /// <summary>The names, ours first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["nemotron", "hpa-kv", "keda-waiting", "kubeai", "aibrix-apa", "wva", "dynamo"];

    /// <summary>A policy as it comes.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public static PolicyChoice Default(string name) => name switch
    {
        "nemotron" => new PolicyChoice(name, "as the deployment says", scenario => new NemotronPolicy(scenario.Spec, scenario.Capacity)),
        "hpa-kv" => HpaKv(0.8, DownWindows[1]),
        "keda-waiting" => KedaWaiting(5, DownWindows[1]),
        "kubeai" => KubeAi(100, TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(30)),
        "aibrix-apa" => AiBrix(0.8, DownWindows[1]),
        "wva" => Wva(0.8, 0.7),
        "dynamo" => Dynamo(TimeSpan.FromSeconds(180), 1, DynamoPredictor.Constant),
        _ => throw new ArgumentException($"there is no policy {name}", nameof(name)),
    };

    /// <summary>A policy with every combination of parameters that it is tuned over; its defaults among them.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public static IReadOnlyList<PolicyChoice> Grid(string name) => name switch
    {
        "nemotron" =>
        [
            .. from share in (double[])[0.55, 0.65, 0.75, 0.8, 0.85, 0.9, 0.95, 1]
               from window in UpAndDownWindows
               select Nemotron(share, window.Up, window.Down),
        ],
        "hpa-kv" => [.. from target in KvTargets from window in DownWindows select HpaKv(target, window)],
        "keda-waiting" => [.. from threshold in (double[])[1, 2, 5, 10, 25] from window in (TimeSpan[])[.. DownWindows, TimeSpan.FromSeconds(1800)] select KedaWaiting(threshold, window)],
        "kubeai" =>
        [
            .. from target in (double[])[4, 8, 12, 16, 24, 32, 48, 64, 100]
               from window in (TimeSpan[])[TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10)]
               from delay in (TimeSpan[])[TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(300)]
               select KubeAi(target, window, delay),
        ],
        "aibrix-apa" => [.. from target in KvTargets from window in DownWindows select AiBrix(target, window)],
        "wva" => [.. from threshold in KvTargets from down in (double[])[0.6, 0.7] select Wva(threshold, down)],
        "dynamo" =>
        [
            .. from interval in (TimeSpan[])[TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(180)]
               from strictness in (double[])[0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1]
               from predictor in Enum.GetValues<DynamoPredictor>()
               select Dynamo(interval, strictness, predictor),
        ],
        _ => throw new ArgumentException($"there is no policy {name}", nameof(name)),
    };

    private static PolicyChoice Nemotron(double share, TimeSpan up, TimeSpan down) => new(
        "nemotron", Text($"throughput and KV {100 * share:0} %, up after {up.TotalSeconds:0} s, down after {down.TotalSeconds:0} s"),
        scenario => new NemotronPolicy(
            scenario.Spec with
            {
                Throughput = share,
                KvUtilization = share,
                ScaleUp = scenario.Spec.ScaleUp with { Stabilization = up },
                ScaleDown = scenario.Spec.ScaleDown with { Stabilization = down },
            },
            scenario.Capacity));

    private static PolicyChoice HpaKv(double target, TimeSpan window) =>
        new("hpa-kv", Text($"KV {100 * target:0} %, down window {window.TotalSeconds:0} s"), _ => new HpaKvPolicy(target, window));

    private static PolicyChoice KedaWaiting(double threshold, TimeSpan window) =>
        new("keda-waiting", Text($"{threshold:0} waiting, down window {window.TotalSeconds:0} s"), _ => new KedaWaitingPolicy(threshold, window));

    private static PolicyChoice KubeAi(double target, TimeSpan window, TimeSpan delay) =>
        new("kubeai", Text($"{target:0} active, mean of {window.TotalSeconds:0} s, down after {delay.TotalSeconds:0} s"), _ => new KubeAiPolicy(target, window, delay));

    private static PolicyChoice AiBrix(double target, TimeSpan cooldown) =>
        new("aibrix-apa", Text($"KV {100 * target:0} %, cool-down {cooldown.TotalSeconds:0} s"), _ => new AiBrixApaPolicy(target, cooldown));

    private static PolicyChoice Wva(double threshold, double down) =>
        new("wva", Text($"KV {100 * threshold:0} %, down below {100 * down:0} %"), _ => new WvaPolicy(threshold, down));

    private static PolicyChoice Dynamo(TimeSpan interval, double strictness, DynamoPredictor predictor) =>
        new("dynamo", Text($"every {interval.TotalSeconds:0} s, {100 * strictness:0} % of the objectives, {predictor}"), scenario => new DynamoPolicy(scenario, interval, strictness, predictor));

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
