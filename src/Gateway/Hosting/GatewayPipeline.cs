using System.Buffers;
using Nemotron.Gateway.Answers;
using Nemotron.Gateway.Draining;
using Nemotron.Gateway.Forwarding;
using Nemotron.Gateway.Observing;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;
using Yarp.ReverseProxy.Forwarder;

namespace Nemotron.Gateway.Hosting;

/// <summary>The way of a request on the client port: let in or refused, served or passed through, and counted.</summary>
internal sealed class GatewayPipeline(GatewayState state, ActiveRequests requests, PassThrough passThrough, WaitingRoom waitingRoom, InferenceTools tools, ILogger<GatewayPipeline> logger)
{
    private const string ModelsPath = "/v1/models";

    // An error that a client does not take in this time it will not read either.
    private static readonly TimeSpan TellingPatience = TimeSpan.FromSeconds(5);

    private readonly GatewayMetrics _metrics = tools.Metrics;

    /// <summary>Serves a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var current = state.Current;
        var endpoint = ApiEndpoints.Find(context.Request.Method, context.Request.Path.Value ?? "");
        if (current.ApiKeys is { } keys && !keys.Opens(context.Request.Headers.Authorization))
        {
            _metrics.Failed(ErrorKind.Unauthorized);
            _metrics.Ended(null, endpoint, Outcome.ClientError);
            await OpenAIError.Unauthorized.WriteAsync(context);
            return;
        }

        if (requests.TryEnter(current.Settings.Limits.RequestsInFlight, out var refusal, context.RequestAborted) is not { } active)
        {
            _metrics.Failed(refusal);
            _metrics.Ended(null, endpoint, Outcome.Refused);
            var retryAfter = current.Settings.Drain.RetryAfter;
            await (refusal == ErrorKind.Draining ? OpenAIError.Draining(retryAfter) : OpenAIError.TooMany(retryAfter)).WriteAsync(context);
            return;
        }

        if (current.Settings.StandIn is { } standIn && standIn.Answers(context.Request.Host.Host)) context.Response.Headers[GatewayHeaders.ServedBy] = standIn.ServedBy;
        ReasoningMode? mode = null;
        var outcome = Outcome.GatewayError;
        try
        {
            if (endpoint == ApiEndpoint.Other) outcome = await PassAsync(context, current, active);
            else if (current.Settings.Front is not null) outcome = await HoldAsync(context, current, active);
            else
            {
                var inference = new Inference(context, endpoint, current, active, tools);
                try
                {
                    outcome = await inference.ServeAsync();
                }
                catch (Exception error) when (error is OperationCanceledException or HttpRequestException or IOException)
                {
                    outcome = await FailAsync(context, current, active, error, inference.Mode);
                }
                finally
                {
                    mode = inference.Mode;
                }
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away while it was being answered.
            _metrics.Cut(CutReason.Client);
            outcome = Outcome.Cancelled;
        }
        catch (Exception error)
        {
            logger.LogError(error, "A request failed in the gateway");
            _metrics.Failed(ErrorKind.Internal);
            await TellAsync(context, OpenAIError.Internal);
        }
        finally
        {
            requests.Leave(active);
            _metrics.Ended(mode, endpoint, outcome);
        }
    }

    private async Task<Outcome> HoldAsync(HttpContext context, GatewayState.Snapshot current, ActiveRequest active)
    {
        try
        {
            if (await waitingRoom.HoldAsync(current, active) is not var (error, kind)) return await PassAsync(context, current, active);
            _metrics.Failed(kind);
            await error.WriteAsync(context);
            return Outcome.Refused;
        }
        catch (OperationCanceledException cut)
        {
            return await FailAsync(context, current, active, cut, mode: null);
        }
    }

    private async Task<Outcome> PassAsync(HttpContext context, GatewayState.Snapshot current, ActiveRequest active)
    {
        if (current.Settings.Triton is { } triton && context.Request.Path == ModelsPath && HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.ContentType = "application/json";
            await context.Response.BodyWriter.WriteAsync(tools.Triton.Models(triton), active.Cancelled);
            return Outcome.Ok;
        }

        if (PassThrough.IsTorn(context))
        {
            _metrics.Failed(ErrorKind.Malformed);
            await OpenAIError.Bad(new BadRequestException("The request's target has a '#', which no target may have.", null, "invalid_target")).WriteAsync(context);
            return Outcome.ClientError;
        }

        if (!PassThrough.MayPass(current.Settings.Reasoning, context))
        {
            _metrics.Failed(ErrorKind.Malformed);
            await OpenAIError.NotHeld(context.Request.Path.Value ?? "").WriteAsync(context);
            return Outcome.ClientError;
        }

        if (context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = current.Settings.Limits.BodyBytes;
        var error = await passThrough.SendAsync(context, current, active.Cancelled);
        if (error == ForwarderError.None) return Outcome.Ok;
        if (active.Reason != CutReason.None) return await FailAsync(context, current, active, new OperationCanceledException(active.Cancelled), mode: null);
        var inner = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        if (inner is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } || inner?.InnerException is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge })
        {
            _metrics.Failed(ErrorKind.TooLarge);
            await TellAsync(context, OpenAIError.TooLarge(current.Settings.Limits.BodyBytes));
            return Outcome.ClientError;
        }

        if (error is ForwarderError.RequestBodyClient)
        {
            _metrics.Failed(ErrorKind.Malformed);
            await TellAsync(context, OpenAIError.Bad(new BadRequestException("The body is broken off or badly framed.", null, "invalid_body")));
            return Outcome.ClientError;
        }

        var (kind, told) = error switch
        {
            ForwarderError.RequestTimedOut => (ErrorKind.EngineTimeout, OpenAIError.EngineTimeout),
            ForwarderError.Request => (ErrorKind.EngineUnreachable, OpenAIError.EngineNotReady(current.Settings.Drain.RetryAfter)),
            _ => (ErrorKind.EngineBroken, OpenAIError.EngineBroken),
        };
        _metrics.Failed(kind);
        await TellAsync(context, told);
        return Outcome.EngineError;
    }

    // What the engine or the client did, told in the way that is still open: as a status, or inside a stream that has begun.
    private async Task<Outcome> FailAsync(HttpContext context, GatewayState.Snapshot current, ActiveRequest active, Exception error, ReasoningMode? mode)
    {
        var retryAfter = current.Settings.Drain.RetryAfter;
        switch (active.Reason)
        {
            case CutReason.Client:
                _metrics.Cut(CutReason.Client);
                // It may still be there and only read nothing.
                context.Abort();
                return Outcome.Cancelled;
            case CutReason.Drain:
                _metrics.Cut(CutReason.Drain);
                await TellAsync(context, OpenAIError.Draining(retryAfter));
                return Outcome.Cancelled;
            case CutReason.BodyTimeout:
                _metrics.Failed(ErrorKind.BodyTimeout);
                await TellAsync(context, OpenAIError.BodyTimeout);
                return Outcome.ClientError;
            case CutReason.FirstByteTimeout or CutReason.IdleTimeout:
                _metrics.Failed(ErrorKind.EngineTimeout);
                await TellAsync(context, OpenAIError.EngineTimeout);
                return Outcome.EngineError;
        }

        // A connection that is not made in time is given up as a cancelled task.
        var unreachable = error is OperationCanceledException
            || error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };
        _metrics.Failed(unreachable ? ErrorKind.EngineUnreachable : ErrorKind.EngineBroken);
        if (logger.IsEnabled(LogLevel.Warning)) logger.LogWarning("The engine failed a request of mode {Mode}: {Reason}", GatewayMetrics.NameOf(mode), error.Message);
        await TellAsync(context, unreachable ? OpenAIError.EngineNotReady(retryAfter) : OpenAIError.EngineBroken);
        return Outcome.EngineError;
    }

    private async Task TellAsync(HttpContext context, OpenAIError error)
    {
        if (context.RequestAborted.IsCancellationRequested) return;
        var response = context.Response;
        if (!response.HasStarted)
        {
            response.Clear();
            await error.WriteAsync(context);
        }
        else if (response.ContentType?.StartsWith("text/event-stream", StringComparison.Ordinal) == true)
        {
            using var patience = new CancellationTokenSource(TellingPatience, tools.Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
            response.BodyWriter.Write(ServerSentEvents.Write(error.ToJson().Span));
            try
            {
                await response.BodyWriter.FlushAsync(either.Token);
            }
            catch (OperationCanceledException)
            {
                // It is not read; see below.
            }

            if (patience.IsCancellationRequested) context.Abort();
        }
        // Half an answer must not look like a whole one.
        else context.Abort();
    }
}
