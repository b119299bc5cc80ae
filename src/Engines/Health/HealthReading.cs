using Grpc.Core;
using Nemotron.Engines.Protos.OpenEngine;

namespace Nemotron.Engines.Health;

/// <summary>What an answer means by itself, without what came before it.</summary>
internal enum HealthMeaning
{
    Serving,
    ServingInPart,
    Loading,
    NotReady,
    Leaving,
    Closed,
    Lost,
    Unclear,
}

/// <summary>An answer read: its meaning, why, and a sentence.</summary>
internal readonly record struct HealthReading(HealthMeaning Meaning, string Reason, string Message)
{
    private static readonly HealthReading Serving = new(HealthMeaning.Serving, HealthReasons.Serving, "The engine serves.");

    /// <summary>Reads one answer. <paramref name="model"/>: the model that should be served, null for any.</summary>
    public static HealthReading Of(HealthAnswer answer, string? model) => answer switch
    {
        HealthAnswer.Refused => new(HealthMeaning.Closed, HealthReasons.ConnectionRefused, "The connection was refused: nothing listens on the engine's port."),
        HealthAnswer.NoConnection a => new(HealthMeaning.Lost, HealthReasons.NoConnection, Full($"No connection to the engine: {a.Detail}")),
        HealthAnswer.NoReply a => new(HealthMeaning.Lost, HealthReasons.NoReply, Full($"The engine did not answer: {a.Detail}")),
        HealthAnswer.TlsFailed a => new(HealthMeaning.Lost, HealthReasons.TlsFailed, Full($"TLS with the engine failed: {a.Detail}")),
        HealthAnswer.Http a => OfHttp(a),
        HealthAnswer.GrpcFailure a => OfGrpc(a),
        HealthAnswer.TrtLlmStatus a => a.Status == "OK" ? Serving : NotReady(Said("The engine is not healthy", a.Status)),
        HealthAnswer.Triton a => OfTriton(a, model),
        HealthAnswer.OpenEngine a => OfOpenEngine(a),
        _ => throw new ArgumentOutOfRangeException(nameof(answer), answer, "An answer of no known kind."),
    };

    private static HealthReading OfHttp(HealthAnswer.Http answer) => answer switch
    {
        { Status: >= 200 and < 300 } => Serving,
        { StateHeader: "starting" } => new(HealthMeaning.Loading, HealthReasons.Loading, "The engine says that it is starting."),
        _ when SaysItLeaves(answer.Body) => Leaving(answer.Body),
        { Status: 401 or 403 } => new(HealthMeaning.Unclear, HealthReasons.AccessRefused, Said($"HTTP {answer.Status}: the engine wants credentials for its health route", answer.Body)),
        { Status: 404 or 405 or 501 } => new(HealthMeaning.Unclear, HealthReasons.WrongProtocol, $"HTTP {answer.Status}: the engine has no such health route. Is it the engine that its deployment names?"),
        // 400 is Triton's way to say "not ready"; 500 is vLLM's for a dead engine core.
        _ => NotReady(Said($"HTTP {answer.Status}", answer.Body)),
    };

    private static HealthReading OfGrpc(HealthAnswer.GrpcFailure answer) => answer.Code switch
    {
        StatusCode.DeadlineExceeded => new(HealthMeaning.Lost, HealthReasons.NoReply, "The engine did not answer before the deadline."),
        StatusCode.Unauthenticated or StatusCode.PermissionDenied => Restricted(answer),
        StatusCode.Unavailable when SaysItIsRestricted(answer.Detail) => Restricted(answer),
        StatusCode.Unavailable when SaysItLeaves(answer.Detail) => Leaving(answer.Detail),
        StatusCode.Unimplemented => new(HealthMeaning.Unclear, HealthReasons.WrongProtocol, Said("gRPC UNIMPLEMENTED: the engine does not speak this protocol", answer.Detail)),
        _ => NotReady(Said($"gRPC {answer.Code}", answer.Detail)),
    };

    private static HealthReading OfTriton(HealthAnswer.Triton answer, string? model)
    {
        var named = model is null ? null : answer.Index?.FirstOrDefault(m => m.Name == model);
        var serves = answer.ModelReady ?? answer.Index?.Any(m => m.Ready) ?? answer.ServerReady;
        if (!serves)
        {
            // Ready with no model at all is what an "explicit" server says before its first load.
            var loading = named ?? answer.Index?.FirstOrDefault(m => m.Loading);
            if (loading is { Loading: true }) return new(HealthMeaning.Loading, HealthReasons.Loading, $"Triton is loading model {loading.Name}.");
            var why = named is { State.Length: > 0 } ? $"its state is {named.State}{(named.Reason.Length > 0 ? $" ({named.Reason})" : "")}" : "it is not loaded";
            return new(HealthMeaning.NotReady, HealthReasons.ModelNotLoaded, model is null ? "Triton runs, but no model of its repository is ready." : $"Triton runs, but model {model} is not ready: {why}.");
        }

        if (answer.ServerReady) return Serving;
        var other = answer.Index?.FirstOrDefault(m => m.HoldsReadiness && m.Name != model);
        return other is null
            ? NotReady("Triton says that the server is not ready, though its models are.")
            : new(HealthMeaning.ServingInPart, HealthReasons.OtherModelNotReady,
                $"{(model is null ? "A model" : $"Model {model}")} serves, but Triton calls itself not ready while model {other.Name} is {other.State}{(other.Reason.Length > 0 ? $" ({other.Reason})" : "")}.");
    }

    private static HealthReading OfOpenEngine(HealthAnswer.OpenEngine answer) => answer.State switch
    {
        HealthState.Ready => Serving,
        HealthState.Starting => new(HealthMeaning.Loading, HealthReasons.Loading, Said("The engine says that it is starting", answer.Detail)),
        HealthState.Degraded => new(HealthMeaning.ServingInPart, HealthReasons.NotReady, Said("The engine calls itself degraded", answer.Detail)),
        HealthState.Draining => Leaving(answer.Detail),
        HealthState.NotReady => NotReady(Said("The engine calls itself not ready", answer.Detail)),
        _ => new(HealthMeaning.Unclear, HealthReasons.WrongProtocol, $"The engine reports health state {(int)answer.State}, which this version does not know."),
    };

    private static HealthReading NotReady(string message) => new(HealthMeaning.NotReady, HealthReasons.NotReady, message);

    private static HealthReading Leaving(string detail) => new(HealthMeaning.Leaving, HealthReasons.ServerExiting, Said("The engine is shutting down", detail));

    private static HealthReading Restricted(HealthAnswer.GrpcFailure answer) =>
        new(HealthMeaning.Unclear, HealthReasons.AccessRefused, Said("The engine refuses the call without a header it wants", answer.Detail));

    // Triton's three ways: the core, its gRPC server, and the error body of its HTTP server.
    private static bool SaysItLeaves(string text) =>
        text.Contains("Server exiting", StringComparison.OrdinalIgnoreCase) || text.Contains("shutting down", StringComparison.OrdinalIgnoreCase);

    private static bool SaysItIsRestricted(string text) => text.Contains("protocol is restricted", StringComparison.OrdinalIgnoreCase);

    private static string Said(string ours, string theirs) => theirs.Length == 0 ? ours + "." : Full($"{ours}; it says: {theirs}");

    private static string Full(string text) => text[^1] is '.' or '!' or '?' ? text : text + ".";
}
