using System.Net;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>
/// Waits and tries again when the API server asks for it: 429 or 5xx with <c>Retry-After</c>, at most ten times (as client-go). The wait is stretched by up to a quarter at
/// random, so that those who were refused together do not come back together. Watches are left alone: their reflector knows better how to go on. So are evictions: what a
/// PodDisruptionBudget refuses is answered as 429 too, it may stay refused for hours, and who asked has others to ask for.
/// </summary>
internal sealed class RetryAfterHandler(TimeProvider time, Jitter jitter, ILogger logger) : DelegatingHandler
{
    internal const int MostRetries = 10;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (attempt == MostRetries || IsWatch(request) || IsEviction(request) || WaitBeforeRetry(response) is not { } wait)
            {
                return response;
            }

            response.Dispose();
            wait *= 1 + (jitter.NextDouble() / 4);
            ClientLog.Retrying(logger, (int)response.StatusCode, request.Method.Method, request.RequestUri?.AbsolutePath ?? "", wait);
            await Task.Delay(wait, time, cancellationToken);
        }
    }

    private static bool IsWatch(HttpRequestMessage request) =>
        request.Method == HttpMethod.Get && request.RequestUri?.Query.Contains("watch=true", StringComparison.Ordinal) == true;

    private static bool IsEviction(HttpRequestMessage request) =>
        request.RequestUri?.AbsolutePath.EndsWith("/eviction", StringComparison.Ordinal) == true;

    private static TimeSpan? WaitBeforeRetry(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError ? response.Headers.RetryAfter?.Delta : null;
}

internal static partial class ClientLog
{
    [LoggerMessage(401, LogLevel.Debug, "The API server answered {Status} to {Method} {Path}: trying again in {Wait}")]
    internal static partial void Retrying(ILogger logger, int status, string method, string path, TimeSpan wait);
}
