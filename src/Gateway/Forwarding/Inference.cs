using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Nemotron.Gateway.Answers;
using Nemotron.Gateway.Calling;
using Nemotron.Gateway.Draining;
using Nemotron.Gateway.Hosting;
using Nemotron.Gateway.Observing;
using Nemotron.Gateway.Requests;
using Nemotron.Gateway.Triton;
using Nemotron.Planning;

namespace Nemotron.Gateway.Forwarding;

/// <summary>One request to generate: read, planned, sent, and its answer passed on as it comes.</summary>
/// <param name="context">The client.</param>
/// <param name="endpoint">What it asks.</param>
/// <param name="state">The settings it is served by.</param>
/// <param name="active">Its place among the requests in flight.</param>
/// <param name="tools">What the process has one of.</param>
internal sealed class Inference(HttpContext context, ApiEndpoint endpoint, GatewayState.Snapshot state, ActiveRequest active, InferenceTools tools)
{
    private const int LongBody = 1 << 18;

    private readonly GatewayTimeouts _timeouts = state.Settings.Timeouts;
    private ModeMetrics? _metrics;
    private long _asked;
    private bool _waits;
    private TokenMeter? _meter;
    private TritonRequest? _asTritonTakesIt;

    /// <summary>The request's mode; null before it is known and where none can be set.</summary>
    public ReasoningMode? Mode { get; private set; }

    /// <summary>Serves it.</summary>
    public async Task<Outcome> ServeAsync()
    {
        if (context.Request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding != "identity") return await RefuseAsync(OpenAIError.Encoded, ErrorKind.Malformed);
        active.OnSilence = CutReason.BodyTimeout;
        active.Patience = _timeouts.Body;
        ReadOnlyMemory<byte>? body;
        try
        {
            body = await RequestBody.ReadAsync(context.Request, state.Settings.Limits.BodyBytes, active.Cancelled);
        }
        catch (BadHttpRequestException error) when (active.Reason == CutReason.None)
        {
            return await RefuseAsync(OpenAIError.Bad(new BadRequestException("The body is broken off or badly framed.", null, "invalid_body")) with { Status = error.StatusCode }, ErrorKind.Malformed);
        }

        if (body is not { } content) return await RefuseAsync(OpenAIError.TooLarge(state.Settings.Limits.BodyBytes), ErrorKind.TooLarge);
        // What takes long to read is read on a thread of the pool, so that the streams of the thread that it came in on do not wait.
        if (content.Length > LongBody) await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        RequestPlan plan;
        try
        {
            plan = RequestPlan.Make(state.Settings, endpoint, content, GatewayHeaders.Wishes(context.Request.Headers));
            // What Triton cannot do is found before anything is counted as begun.
            if (state.Settings.Triton is { } triton) _asTritonTakesIt = TritonRequest.Read(endpoint, plan.Body, plan.IsLed, triton);
        }
        catch (BadRequestException error)
        {
            return await RefuseAsync(OpenAIError.Bad(error), ErrorKind.Malformed);
        }

        Mode = plan.Mode.Mode;
        if (plan.Mode.Overridden is not null) tools.Metrics.Overrides.Inc();
        tools.RequestLog.Write(state.Settings.LoggedRequestShare, plan);
        _metrics = tools.Metrics.Of(Mode);
        _asked = tools.Clock.GetTimestamp();
        Waits(true);
        _metrics.Begun.Inc();
        _metrics.InFlight.Inc();
        try
        {
            var outcome = plan is { EndsTraceItself: true, Streams: false } ? await AnswerInTwoCallsAsync(plan) : await AnswerAsync(plan);
            if (outcome == Outcome.Ok && _meter is { } meter)
            {
                _metrics.FinishedTokens.Inc(meter.Output);
                if (meter.MeanGap(tools.Clock) is { } gap) _metrics.TimePerOutputToken.Observe(gap.TotalSeconds);
            }

            return outcome;
        }
        finally
        {
            Waits(false);
            _metrics.InFlight.Dec();
            _metrics.Duration.Observe(tools.Clock.GetElapsedTime(_asked).TotalSeconds);
        }
    }

    private async Task<Outcome> RefuseAsync(OpenAIError error, ErrorKind kind)
    {
        tools.Metrics.Failed(kind);
        await error.WriteAsync(context);
        return Outcome.ClientError;
    }

    private void Waits(bool now)
    {
        if (_waits == now) return;
        _waits = now;
        if (now) _metrics!.Waiting.Inc();
        else _metrics!.Waiting.Dec();
    }

    private ValueTask<EngineAnswer> CallAsync(RequestPlan plan, ReadOnlyMemory<byte> body)
    {
        active.LastActivity = tools.Clock.GetTimestamp();
        active.OnSilence = CutReason.FirstByteTimeout;
        active.Patience = _timeouts.FirstByte;
        return state.Settings.Triton is { } triton
            ? tools.Triton.AskAsync(triton, context.Request, body.Equals(plan.Body) ? _asTritonTakesIt! : TritonRequest.Read(endpoint, body, plan.IsLed, triton), active.Cancelled)
            : tools.Engine.PostAsync(context.Request, state.Upstream, ApiEndpoints.PathOf(endpoint), body, state.ApiKeys is null, active.Cancelled);
    }

    private async Task<Outcome> AnswerAsync(RequestPlan plan)
    {
        using var response = await CallAsync(plan, plan.Body);
        Heard();
        var isStream = response.Head is { IsSuccess: true, IsEventStream: true };
        Begin(response.Head, plan, isStream ? null : response.Head.ContentLength);
        var meter = _meter = new TokenMeter(_metrics!, plan.TraceOpenedBy);
        return isStream ? await StreamAsync(response, plan, meter) : await WholeAsync(response, meter);
    }

    private async Task<Outcome> StreamAsync(EngineAnswer response, RequestPlan plan, TokenMeter meter)
    {
        var budget = plan.Budget is { By: BudgetMechanism.Stream } limit ? new TraceBudget(limit.Tokens, limit.GraceTokens) : null;
        var relay = new SseRelay(plan, meter, budget, continued: null);
        if (await RelayAsync(response, relay, meter) == RelayStep.GoOn) return Ended(relay.HasError);

        // The trace has spent its budget: this call ends, and another one goes on from what was written.
        response.Dispose();
        tools.Metrics.TracesEnded.Inc();
        meter.TraceEnded();
        var (form, trace) = (relay.Form!, budget!);
        var client = context.Response.BodyWriter;
        if (!trace.IsKeptApart) client.Write(form.Say(Continuation.Closing(trace.Written)));
        var message = Continuation.Message(trace.Written, trace.IsKeptApart, plan.TraceOpenedBy, close: true);
        if (Continuation.SecondCall(plan, message, meter.Output) is not { } body)
        {
            client.Write(form.FinishAtLength(plan.ShowsUsage ? meter : null));
            await TakenAsync(client.FlushAsync(active.Cancelled));
            return Outcome.Ok;
        }

        await TakenAsync(client.FlushAsync(active.Cancelled));
        using var second = await CallAsync(plan, body);
        Heard();
        if (!second.Head.IsSuccess) throw new HttpRequestException(HttpRequestError.InvalidResponse, $"The engine answered {second.Head.Status} to the call that goes on.");
        var next = new SseRelay(plan, meter, budget: null, new ContinuedStream(relay.Id ?? "null"u8.ToArray(), meter.Output));
        await RelayAsync(second, next, meter);
        return Ended(next.HasError);
    }

    private async Task<RelayStep> RelayAsync(EngineAnswer response, SseRelay relay, TokenMeter meter)
    {
        var client = context.Response.BodyWriter;
        // The client is told at once that its stream has begun.
        if (!context.Response.HasStarted && !response.HasBegun) await TakenAsync(client.FlushAsync(active.Cancelled));
        while (true)
        {
            var bytes = await response.ReadAsync();
            if (bytes.IsEmpty) break;
            var now = Heard();
            var step = relay.Write(bytes.Span, client, now, tools.Clock);
            if (_waits && meter.AnyToken)
            {
                Waits(false);
                _metrics!.TimeToFirstToken.Observe(tools.Clock.GetElapsedTime(_asked, now).TotalSeconds);
            }

            if (step == RelayStep.EndTrace) return step;
            await TakenAsync(client.FlushAsync(active.Cancelled));
        }

        relay.End(client);
        await TakenAsync(client.FlushAsync(active.Cancelled));
        return RelayStep.GoOn;
    }

    private async Task<Outcome> WholeAsync(EngineAnswer response, TokenMeter meter)
    {
        var client = context.Response.BodyWriter;
        var bytes = await response.ReadAsync();
        // Most answers come in one piece, which need not be kept beside the connection's own buffer.
        var answer = new AnswerCopy(bytes, isWhole: response.HasEnded);
        while (!bytes.IsEmpty)
        {
            Heard();
            await TakenAsync(client.WriteAsync(bytes, active.Cancelled));
            if (response.HasEnded) break;
            bytes = await response.ReadAsync();
            answer.Add(bytes.Span);
        }

        if (!response.Head.IsSuccess) return EngineRefused(response.Head);
        if (answer.Read(endpoint) is { } chunk) meter.TakeWhole(answer.Bytes.Span, chunk);
        return Outcome.Ok;
    }

    // As NVIDIA's reference client: the first call may write no more than the trace may have, the second one goes on.
    private async Task<Outcome> AnswerInTwoCallsAsync(RequestPlan plan)
    {
        var meter = _meter = new TokenMeter(_metrics!, plan.TraceOpenedBy);
        using var first = await CallAsync(plan, Continuation.FirstCall(plan));
        var (one, oneSays) = await ReadAsync(first);
        if (oneSays is not { Choices: [var written] } || !written.Finish.IsString || !written.Finish.In(one.Span).SequenceEqual("\"length\""u8)
            || Continued(plan, one, written, oneSays.Usage.Output.Value) is not var (body, closing))
        {
            if (oneSays is not null) meter.TakeWhole(one.Span, oneSays);
            return await DeliverAsync(first, plan, one);
        }

        using var second = await CallAsync(plan, body);
        var (two, twoSays) = await ReadAsync(second);
        if (twoSays is not { Choices: [{ MessageStart: >= 0 }] }) return await DeliverAsync(second, plan, two);
        if (closing.Length > 0) tools.Metrics.TracesEnded.Inc();
        var joined = Continuation.Join(one, oneSays, two, twoSays, written.HasReasoning ? "" : closing);
        var chunk = new Chunk();
        if (chunk.Read(joined.Span, endpoint)) meter.TakeWhole(joined.Span, chunk);
        return await DeliverAsync(second, plan, joined);
    }

    private static (ReadOnlyMemory<byte> Body, string Closing)? Continued(RequestPlan plan, ReadOnlyMemory<byte> answer, ChoiceDelta written, long used)
    {
        var text = written.HasReasoning && !written.HasContent ? written.Reasoning : written.Content;
        if (!text.IsString) return null;
        var inside = System.Text.Encoding.UTF8.GetString(answer.Span[(text.Start + 1)..(text.End - 1)]);
        var open = written.HasReasoning ? !written.HasContent : IsOpen(Json.JsonText.OfAnswer(answer.Span, text).Bytes, plan.TraceOpenedBy);
        var message = Continuation.Message(inside, written.HasReasoning && !written.HasContent, plan.TraceOpenedBy, open);
        if (Continuation.SecondCall(plan, message, used) is not { } body) return null;
        return (body, open ? Continuation.Closing(inside) : "");
    }

    // A model that opens its trace itself may have answered without one.
    private static bool IsOpen(ReadOnlySpan<byte> text, TraceOpener openedBy)
    {
        var trace = new Trace(openedBy);
        trace.Follow(text);
        return trace.IsThinking;
    }

    private async Task<(ReadOnlyMemory<byte> Body, Chunk? Chunk)> ReadAsync(EngineAnswer response)
    {
        Heard();
        var answer = new AnswerCopy(default, isWhole: false);
        while (await response.ReadAsync() is { IsEmpty: false } bytes)
        {
            Heard();
            if (!answer.Add(bytes.Span)) throw new HttpRequestException(HttpRequestError.InvalidResponse, "The engine's answer is too large to be continued.");
        }

        return (answer.Bytes, response.Head.IsSuccess ? answer.Read(endpoint) : null);
    }

    private async Task<Outcome> DeliverAsync(EngineAnswer response, RequestPlan plan, ReadOnlyMemory<byte> body)
    {
        Begin(response.Head, plan, body.Length);
        await TakenAsync(context.Response.BodyWriter.WriteAsync(body, active.Cancelled));
        return response.Head.IsSuccess ? Outcome.Ok : EngineRefused(response.Head);
    }

    private void Begin(AnswerHead head, RequestPlan plan, long? length)
    {
        context.Response.StatusCode = head.Status;
        var headers = context.Response.Headers;
        for (var i = 0; i < head.Count; i++)
        {
            var (name, value) = head[i];
            if (HopHeaders.ResponseKeeps(name)) headers.Append(name, value);
        }

        context.Response.ContentLength = length;
        GatewayHeaders.Tell(headers, plan);
        // The next request on this connection would be refused.
        if (tools.Requests.Refuses) headers.Connection = "close";
        // An engine that is up but not ready yet rarely says when to come again.
        if (head.Status == StatusCodes.Status503ServiceUnavailable && headers.RetryAfter.Count == 0)
            headers.RetryAfter = Math.Ceiling(state.Settings.Drain.RetryAfter.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private long Heard()
    {
        var now = tools.Clock.GetTimestamp();
        active.LastActivity = now;
        active.OnSilence = CutReason.IdleTimeout;
        active.Patience = _timeouts.Idle;
        return now;
    }

    // Waits until the client has room for what was written. As long as it has none, the silence is the client's and not the engine's, which is not read on then.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakenAsync(ValueTask<FlushResult> flush)
    {
        var waits = !flush.IsCompleted;
        if (waits) active.OnSilence = CutReason.Client;
        await flush;
        if (!waits) return;
        // The server ends the connection of a write that is cut, and says no more of it.
        active.Cancelled.ThrowIfCancellationRequested();
        // The engine's time begins anew, since nobody listened to it meanwhile.
        Heard();
    }

    private Outcome EngineRefused(AnswerHead head)
    {
        var server = head.Status >= 500;
        tools.Metrics.Failed(server ? ErrorKind.EngineServerError : ErrorKind.EngineClientError);
        return server ? Outcome.EngineError : Outcome.ClientError;
    }

    private Outcome Ended(bool hasError)
    {
        if (!hasError) return Outcome.Ok;
        tools.Metrics.Failed(ErrorKind.EngineServerError);
        return Outcome.EngineError;
    }
}

/// <summary>What serving a request needs and the process has one of.</summary>
internal sealed record InferenceTools(EngineClient Engine, TritonEngine Triton, ActiveRequests Requests, GatewayMetrics Metrics, RequestLog RequestLog, TimeProvider Clock);
