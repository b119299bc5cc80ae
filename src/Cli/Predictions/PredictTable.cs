using System.Globalization;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;
using Spectre.Console;

namespace Nemotron.Cli.Predictions;

/// <summary>A prediction for people: one row that answers, and the lines that explain.</summary>
internal static class PredictTable
{
    public static void Write(Terminal terminal, PredictionRequest request, ReplicaPrediction prediction)
    {
        var (replica, load, result) = (request.Replica, request.Load, prediction.Result);
        var summary = Terminal.Columns(
            "MODEL", "GPU", "TP", "PP", "PRECISION", "KV", "ENGINE", "ISL/OSL", "CONCURRENCY", "TTFT", "TPOT", "TOKENS/S", "REQUESTS/S", "RUNNING", "BINDING");
        summary.AddRow(
            Markup.Escape(replica.Model.Name),
            Markup.Escape(replica.Gpu.Name),
            Number(replica.TensorParallel),
            Number(replica.PipelineParallel),
            replica.Precision.ToString(),
            prediction.Plan.KvPrecision.ToString(),
            replica.Engine.ToString(),
            Text($"{load.PromptTokens}/{load.OutputTokens}"),
            Number(load.Concurrency),
            Milliseconds(result?.TimeToFirstToken),
            Milliseconds(result?.TimePerOutputToken),
            result is null ? "-" : Text($"{prediction.TokensPerSecond:0.0}"),
            result is null ? "-" : Text($"{prediction.RequestsPerSecond:0.00}"),
            result is null ? "-" : Text($"{result.RunningSequences:0.0}"),
            result is null ? "-" : prediction.Binding.ToString());
        terminal.Rows().Write(summary);
        var console = terminal.Sentences();
        console.WriteLine();
        if (result is not null) Explain(console, request, prediction, result);
        foreach (var finding in PredictFindings.Of(prediction))
        {
            var (colour, word) = finding.Refuses ? ("red", "refused") : ("yellow", "warning");
            var fix = finding.Fix is null ? "" : $" (would do: {finding.Fix})";
            console.MarkupLine($"[{colour}]{word}[/]: {Markup.Escape(finding.Message + fix)}");
        }
    }

    private static void Explain(IAnsiConsole console, PredictionRequest request, ReplicaPrediction prediction, ClosedLoopResult result)
    {
        var load = request.Load;
        var model = new StepModel(request.Replica);
        var alone = new StepWork();
        alone.AddPrefill(0, load.PromptTokens, last: true);
        var running = Math.Max(1, (int)Math.Round(result.RunningSequences));
        var context = load.PromptTokens + load.OutputTokens / 2;
        var decode = model.Step(StepWork.Decode(running, (long)running * context));
        var shares = BusyShares.Of(result);
        var lines = Terminal.Columns("ITEM", "VALUE", "WHY");
        Add("time to first token", Milliseconds(result.TimeToFirstToken), Text(
            $"mean over {load.Waves} x {load.Concurrency} requests that start together; a prompt alone in a step takes {1000 * model.Step(alone).TotalSeconds:0.0} ms"));
        Add("time per output token", Milliseconds(result.TimePerOutputToken), Text(
            $"a step that decodes {Count(running, "sequence")} of {context} tokens takes {1000 * decode.TotalSeconds:0.0} ms; steps with prompts in them take longer"));
        Add("latency", Milliseconds(result.Latency), "from sending to the last token");
        Add("compute", Percent(shares.Compute), "of the engine's time: matrix products that outlast the reading of their weights, attention of prompts");
        Add("memory", Percent(shares.Memory), "reading weights, KV cache and state, and passing on activations");
        Add("communication", Percent(shares.Communication), Text($"all-reduces over {Count(request.Replica.TensorParallel, "GPU")}{(request.Replica.PipelineParallel > 1 ? " and hand-overs between stages" : "")}"));
        Add("overhead", Percent(shares.Overhead), "kernel launches and the engine's own software");
        Add("KV tokens", Number(prediction.Limits!.KvTokens), Text(
            $"of cache, in {prediction.Plan.KvPrecision}; a request takes up to {(long)load.PromptTokens + load.OutputTokens}{(result.Preemptions > 0 ? $"; {result.Preemptions} times one lost its place to others" : "")}"));
        Add("tokens per step", Number(prediction.Limits.MaxBatchedTokens), Text(
            $"at most, of {prediction.Limits.MaxSequences} sequences at most; {(model.Engine.MixedSteps ? "prompts share steps with decoding" : "decoding stands still for prompts")}"));
        console.Write(lines);

        void Add(string item, string value, string why) => lines.AddRow(item, Markup.Escape(value), Markup.Escape(why));
    }

    private static string Count(int count, string thing) => Text($"{count} {thing}{(count == 1 ? "" : "s")}");

    private static string Milliseconds(TimeSpan? time) => time is { } known ? Text($"{known.TotalMilliseconds:0.0} ms") : "-";

    private static string Percent(double share) => Text($"{100 * share:0.0} %");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
