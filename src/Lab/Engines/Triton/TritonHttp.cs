using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Engines;

/// <summary>KServe v2 over HTTP, with Triton's <c>generate</c> and <c>generate_stream</c>.</summary>
/// <param name="server">The server.</param>
internal sealed class TritonHttp(TritonServer server)
{
    private static readonly string[] Extensions =
        ["classification", "sequence", "model_repository", "model_repository(unload_dependents)", "schedule_policy", "model_configuration", "binary_tensor_data", "parameters", "statistics", "trace", "logging"];

    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpContext http)
    {
        http.Response.Headers.Server = server.Engine.ServerHeader;
        if (server.Engine.Draining) http.Response.Headers.Connection = "close";
        try
        {
            var parts = (http.Request.Path.Value ?? "/").Split('/', StringSplitOptions.RemoveEmptyEntries);
            if (!await RouteAsync(http, http.Request.Method, parts)) await JsonAnswer.JsonAsync(http, 404, Error("Not Found"));
        }
        catch (RequestRefusedException refused) when (!http.Response.HasStarted)
        {
            server.Engine.Counters.CountError(refused.Status);
            await JsonAnswer.JsonAsync(http, refused.Status, Error(refused.Message));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> RouteAsync(HttpContext http, string method, string[] parts)
    {
        switch (method, parts)
        {
            case ("GET", ["v2"]):
                await JsonAnswer.JsonAsync(http, 200, new JsonObject { ["name"] = "triton", ["version"] = server.Engine.Settings.VersionText, ["extensions"] = new JsonArray([.. Extensions]) });
                return true;
            case ("GET", ["v2", "health", "live"]):
                await JsonAnswer.TextAsync(http, server.Live ? 200 : 400, "");
                return true;
            case ("GET", ["v2", "health", "ready"]):
                await JsonAnswer.TextAsync(http, server.Ready ? 200 : 400, "");
                return true;
            case ("POST", ["v2", "repository", "index"]):
                await JsonAnswer.JsonAsync(http, 200, new JsonArray([.. server.Models.Select(model => (JsonNode)new JsonObject { ["name"] = model.Name, ["version"] = TritonModel.Version, ["state"] = "READY", ["reason"] = "" })]));
                return true;
            case ("POST", ["v2", "repository", "models", _, "load" or "unload"]):
                throw new RequestRefusedException(503, "explicit model load / unload is not allowed if polling is enabled");
            case (_, ["v2", "models", var name, "versions", var version, .. var rest]):
                return await ModelAsync(http, method, name, version, rest);
            case (_, ["v2", "models", var name, .. var rest]):
                return await ModelAsync(http, method, name, "", rest);
            default:
                return false;
        }
    }

    private async Task<bool> ModelAsync(HttpContext http, string method, string name, string version, string[] rest)
    {
        var model = server.Find(name) is { } found && version is "" or TritonModel.Version ? server.Find(name) : null;
        switch (method, rest)
        {
            case ("GET", ["ready"]):
                await JsonAnswer.TextAsync(http, model is not null && server.Ready ? 200 : 400, "");
                return true;
            case ("GET", []) when model is not null:
                await JsonAnswer.JsonAsync(http, 200, new JsonObject
                {
                    ["name"] = model.Name,
                    ["versions"] = new JsonArray(TritonModel.Version),
                    ["platform"] = model.Platform,
                    ["inputs"] = Tensors(model.Inputs),
                    ["outputs"] = Tensors(model.Outputs),
                });
                return true;
            case ("GET", ["config"]) when model is not null:
                await JsonAnswer.JsonAsync(http, 200, Config(model));
                return true;
            case ("POST", ["infer"]):
                await InferAsync(http, name, version);
                return true;
            case ("POST", ["generate"]):
                await GenerateAsync(http, name, version);
                return true;
            case ("POST", ["generate_stream"]):
                await StreamAsync(http, name, version);
                return true;
            case ("GET", [] or ["config"]):
                throw new RequestRefusedException(404, $"Request for unknown model: '{name}' is not found");
            default:
                return false;
        }
    }

    private async Task InferAsync(HttpContext http, string name, string version)
    {
        if (server.Engine.Settings.Decoupled && !server.Engine.Settings.Ensemble)
            throw new RequestRefusedException(400, "HTTP end point doesn't support models with decoupled transaction policy");
        var body = await JsonAnswer.ReadAsync(http);
        var inputs = TritonInputs.OfInfer(body);
        var request = server.Begin(name, version, inputs, body.Text("id") ?? "", Told(http), overGrpc: false);
        if (request is not null) await FinishAsync(http, request);
        var outputs = request is null ? [] : TritonOutputs.Of(request, inputs, server.Engine, 0, request.Choices[0].Script.Length);
        await JsonAnswer.JsonAsync(http, 200, new JsonObject
        {
            ["model_name"] = name,
            ["model_version"] = TritonModel.Version,
            ["outputs"] = new JsonArray([.. outputs.Select(output => (JsonNode)new JsonObject
            {
                ["name"] = output.Name,
                ["datatype"] = output.Datatype,
                ["shape"] = new JsonArray(1),
                ["data"] = new JsonArray(output.Json),
            })]),
        });
    }

    private async Task GenerateAsync(HttpContext http, string name, string version)
    {
        var inputs = TritonInputs.OfGenerate(await JsonAnswer.ReadAsync(http));
        if (inputs.Flag(server.Engine.Settings.Ensemble ? "stream" : "streaming"))
            throw new RequestRefusedException(400, "generate expects model to produce exactly 1 response, use generate stream for model that generates various number of responses");
        var request = server.Begin(name, version, inputs, "", Told(http), overGrpc: false);
        if (request is not null) await FinishAsync(http, request);
        await JsonAnswer.JsonAsync(http, 200, Generated(name, request is null ? [] : TritonOutputs.Of(request, inputs, server.Engine, 0, request.Choices[0].Script.Length)));
    }

    private async Task StreamAsync(HttpContext http, string name, string version)
    {
        var inputs = TritonInputs.OfGenerate(await JsonAnswer.ReadAsync(http));
        var request = server.Begin(name, version, inputs, "", Told(http), overGrpc: false);
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        if (request is null) return;
        try
        {
            var choice = request.Choices[0];
            var sent = 0;
            if (choice.Streams)
            {
                await foreach (var total in choice.ReadAsync(http.RequestAborted))
                {
                    if (total > sent) await SendAsync(http, Generated(name, TritonOutputs.Of(request, inputs, server.Engine, sent, total)));
                    sent = total;
                }
            }
            else
            {
                await FinishAsync(http, request);
                await SendAsync(http, Generated(name, TritonOutputs.Of(request, inputs, server.Engine, 0, choice.Script.Length)));
            }

            if (await request.EndAsync() == EngineEnd.Failed) await SendAsync(http, Error(TritonServer.BrokenStub().Message));
        }
        finally
        {
            if (http.RequestAborted.IsCancellationRequested) server.Engine.Replica.Abort(request);
        }
    }

    private async Task FinishAsync(HttpContext http, EngineRequest request)
    {
        try
        {
            if (await request.EndAsync().WaitAsync(http.RequestAborted) == EngineEnd.Failed) throw TritonServer.BrokenStub();
        }
        catch (OperationCanceledException)
        {
            server.Engine.Replica.Abort(request);
            throw;
        }
    }

    private static async Task SendAsync(HttpContext http, JsonObject json)
    {
        await http.Response.WriteAsync($"data: {JsonAnswer.Text(json)}\n\n", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    private static JsonObject Generated(string name, IReadOnlyList<TritonOutput> outputs)
    {
        var answer = new JsonObject { ["model_name"] = name, ["model_version"] = TritonModel.Version };
        foreach (var output in outputs) answer[output.Name] = output.Json;
        return answer;
    }

    private JsonObject Config(TritonModel model) => new()
    {
        ["name"] = model.Name,
        ["platform"] = model.Platform,
        ["backend"] = model.Platform.Length > 0 ? "" : "python",
        ["max_batch_size"] = 0,
        ["model_transaction_policy"] = new JsonObject { ["decoupled"] = server.Engine.Settings.Decoupled },
        ["input"] = ConfigTensors(model.Inputs),
        ["output"] = ConfigTensors(model.Outputs),
    };

    private static JsonArray Tensors(IReadOnlyList<TritonTensor> tensors) =>
        new([.. tensors.Select(tensor => (JsonNode)new JsonObject { ["name"] = tensor.Name, ["datatype"] = tensor.Datatype, ["shape"] = new JsonArray(tensor.Length) })]);

    private static JsonArray ConfigTensors(IReadOnlyList<TritonTensor> tensors) =>
        new([.. tensors.Select(tensor => (JsonNode)new JsonObject { ["name"] = tensor.Name, ["data_type"] = $"TYPE_{tensor.Type}", ["dims"] = new JsonArray(tensor.Length) })]);

    private static int? Told(HttpContext http) => OpenAiRequest.Told(http.Request.Headers[Asked.LengthHeader].ToString());

    private static JsonObject Error(string message) => new() { ["error"] = message };
}
