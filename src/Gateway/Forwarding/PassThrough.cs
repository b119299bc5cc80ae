using System.Collections.Frozen;
using Microsoft.AspNetCore.Http.Features;
using Nemotron.Gateway.Hosting;
using Nemotron.Planning;
using Yarp.ReverseProxy.Forwarder;

namespace Nemotron.Gateway.Forwarding;

/// <summary>Forwards what the gateway does not read, unread: models, tokenizers, embeddings, WebSockets, whatever the engine serves.</summary>
internal sealed class PassThrough(IHttpForwarder forwarder, EngineClient engine)
{
    // Where a deployment refuses what it cannot hold, of all that changes something only these are let through: none of them makes the model think.
    private static readonly FrozenSet<string> Harmless = new[]
    {
        "/tokenize", "/detokenize", "/v1/embeddings", "/v1/rerank", "/v2/rerank", "/rerank", "/v1/score", "/score", "/pooling", "/classify",
        "/v1/load_lora_adapter", "/v1/unload_lora_adapter",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>
    /// Whether the target is none that a client may send: with a <c>#</c>, behind which an engine reads no further while this server resolves the whole as a path,
    /// so that the two would see different paths.
    /// </summary>
    public static bool IsTorn(HttpContext context) => context.Features.Get<IHttpRequestFeature>()?.RawTarget.Contains('#') == true;

    /// <summary>Whether a request may pass while nothing may escape the declared mode.</summary>
    public static bool MayPass(GatewayReasoning reasoning, HttpContext context)
    {
        if (!Holds(reasoning)) return true;
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }) return false;
        return HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || HttpMethods.IsOptions(context.Request.Method)
            || Harmless.Contains(PathOf(context));
    }

    /// <summary>Forwards.</summary>
    /// <returns>What went wrong; <see cref="ForwarderError.None"/> for nothing. Nothing has been answered where nothing has started.</returns>
    public ValueTask<ForwarderError> SendAsync(HttpContext context, GatewayState.Snapshot state, CancellationToken cancellationToken)
    {
        // What was found harmless is what the engine gets, however the client wrote it.
        if (Holds(state.Settings.Reasoning) && Harmless.TryGetValue(PathOf(context), out var harmless) && context.Features.Get<IHttpRequestFeature>() is { } request)
            request.RawTarget = harmless + context.Request.QueryString.Value;
        var timeouts = state.Settings.Timeouts;
        var quiet = timeouts.FirstByte > timeouts.Idle ? timeouts.FirstByte : timeouts.Idle;
        return forwarder.SendAsync(
            context,
            state.Settings.Upstream,
            engine.Invoker,
            new ForwarderRequestConfig { ActivityTimeout = quiet },
            state.Settings.Front is not null ? HeaderFilter.AsCame : state.ApiKeys is null ? HeaderFilter.Plain : HeaderFilter.WithoutKey,
            cancellationToken);
    }

    private static bool Holds(GatewayReasoning reasoning) => reasoning is { Grammar: not ReasoningGrammar.None, Impossible: WhereImpossible.Refuse };

    private static string PathOf(HttpContext context) => Uri.UnescapeDataString(context.Request.Path.Value ?? "");

    private sealed class HeaderFilter(bool keepsAuthorization, bool keepsOwn = false) : HttpTransformer
    {
        private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

        public static HeaderFilter Plain { get; } = new(keepsAuthorization: true);

        // To another gateway, which asks for the key and hears the wishes.
        public static HeaderFilter AsCame { get; } = new(keepsAuthorization: true, keepsOwn: true);

        public static HeaderFilter WithoutKey { get; } = new(keepsAuthorization: false);

        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.Host = null;
            // As the client wrote it: a path that was decoded once is not the same when it is encoded again (%2F).
            var target = httpContext.Features.Get<IHttpRequestFeature>()?.RawTarget;
            if (target?.StartsWith('/') == true) proxyRequest.RequestUri = new Uri(destinationPrefix + target, AsWritten);
            if (!keepsAuthorization) proxyRequest.Headers.Remove("Authorization");
            if (keepsOwn) return;
            foreach (var (name, _) in httpContext.Request.Headers)
                if (name.StartsWith(GatewayHeaders.Prefix, StringComparison.OrdinalIgnoreCase)) proxyRequest.Headers.Remove(name);
        }
    }
}
