using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>The OpenAI API that trtllm-serve, vLLM and NIM share.</summary>
/// <param name="engine">The engine.</param>
/// <param name="faults">The faults asked for now.</param>
internal abstract class OpenAiServer(SimulatedEngine engine, Func<EngineFaults> faults) : EngineServer(engine, faults)
{
    // uvicorn looks once a second whether a client is still there.
    private static readonly TimeSpan DisconnectNoticed = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShutDown = TimeSpan.FromSeconds(1);

    // Those whose clients have left count until the engine has noticed.
    private readonly InFlight requests = new();
    private readonly AnswerParts parts = new(engine.Settings);
    private long lastId;
    private long failable;

    /// <inheritdoc/>
    public override IReadOnlyList<WantedPort> Ports => [new(Engine.Settings.HttpPort!.Value, PortProtocol.Http, HandleAsync)];

    /// <summary>
    /// As uvicorn without a time limit: nobody new comes in, those in flight are answered however long that takes, then the engine shuts down.
    /// Only SIGKILL bounds it.
    /// </summary>
    public override async Task<int> EndAsync(EnginePorts ports, CancellationToken killed)
    {
        ports.StopListening();
        Engine.Log.Write("INFO:     Waiting for connections to close. (CTRL+C to force quit)");
        await requests.Idle.WaitAsync(killed);
        await ports.ClosedAsync().WaitAsync(killed);
        await Task.Delay(ShutDown, Engine.Time, killed);
        Engine.Log.Write("INFO:     Application shutdown complete.");
        return 0;
    }

    /// <summary>Answers a request that is not one of the shared routes.</summary>
    /// <returns>False when there is no such route.</returns>
    protected abstract Task<bool> OtherAsync(HttpContext http, string method, string path);

    /// <summary>The body of an error.</summary>
    protected abstract JsonObject ErrorBody(int status, string message);

    /// <summary>The entry of the served model in <c>/v1/models</c>.</summary>
    protected abstract JsonObject ModelEntry();

    /// <summary>Answers a request.</summary>
    protected async Task HandleAsync(HttpContext http)
    {
        using var entered = requests.Enter();
        http.Response.Headers.Server = Engine.ServerHeader;
        if (Engine.Draining) http.Response.Headers.Connection = "close";
        var path = http.Request.Path.Value ?? "/";
        try
        {
            await RouteAsync(http, http.Request.Method, path);
        }
        catch (RequestRefusedException refused) when (!http.Response.HasStarted)
        {
            Engine.Counters.CountError(refused.Status);
            await JsonAnswer.JsonAsync(http, refused.Status, ErrorBody(refused.Status, refused.Message));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
        }
    }

    private async Task RouteAsync(HttpContext http, string method, string path)
    {
        switch (method, path)
        {
            case ("GET", "/v1/models"):
                await JsonAnswer.JsonAsync(http, 200, new JsonObject { ["object"] = "list", ["data"] = new JsonArray(ModelEntry()) });
                return;
            case ("POST", "/v1/chat/completions"):
                await AnswerAsync(http, OpenAiRequest.Chat(await JsonAnswer.ReadAsync(http), http, Engine.Settings), chat: true);
                return;
            case ("POST", "/v1/completions"):
                await AnswerAsync(http, OpenAiRequest.Completion(await JsonAnswer.ReadAsync(http), http), chat: false);
                return;
        }

        if (await OtherAsync(http, method, path)) return;
        await JsonAnswer.JsonAsync(http, 404, new JsonObject { ["detail"] = "Not Found" });
    }

    /// <summary>Whether the request's model is served here; those that do not look say yes.</summary>
    protected virtual bool Serves(string model) => true;

    private async Task AnswerAsync(HttpContext http, OpenAiRequest asked, bool chat)
    {
        FailByFault();
        if (!Serves(asked.Model)) throw new RequestRefusedException(404, $"The model `{asked.Model}` does not exist.");
        var request = Engine.Begin(asked.Asked);
        var id = $"{(chat ? "chatcmpl" : "cmpl")}-{Engine.Started.ToUnixTimeMilliseconds():x}{Interlocked.Increment(ref lastId):x12}";
        var answers = new OpenAiAnswers(Engine.Settings, parts, chat, id, Engine.Time.GetUtcNow());
        try
        {
            if (asked.Asked.Streams)
            {
                if (await OpenAiStream.WriteAsync(http, request, answers, asked.Usage) == EngineEnd.Failed) http.Abort();
                return;
            }

            if (await request.EndAsync().WaitAsync(http.RequestAborted) == EngineEnd.Failed) throw new RequestRefusedException(500, "Internal server error: the executor was shut down");
            await JsonAnswer.JsonAsync(http, 200, answers.Whole(request));
        }
        finally
        {
            if (http.RequestAborted.IsCancellationRequested) _ = AbortLaterAsync(request);
        }
    }

    private void FailByFault()
    {
        if (Faults.Value(EngineFaultKind.Fail, 50) is not { } percent) return;
        var number = Interlocked.Increment(ref failable);
        if (Math.Floor(number * percent / 100) > Math.Floor((number - 1) * percent / 100)) throw new RequestRefusedException(500, "Internal server error: this one fails by annotation");
    }

    private async Task AbortLaterAsync(EngineRequest request)
    {
        // The server has left the request; the engine goes on with it until the disconnect is noticed.
        using var entered = requests.Enter();
        await Task.Delay(DisconnectNoticed, Engine.Time);
        Engine.Replica.Abort(request);
    }
}
