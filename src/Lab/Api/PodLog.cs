using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Api;

/// <summary>A pod's <c>log</c>: what a container has written, and with <c>follow</c> what it goes on to write.</summary>
/// <param name="api">What is served.</param>
/// <param name="logs">Where logs are; null when none are kept.</param>
/// <param name="stopping">Ends the following.</param>
internal sealed class PodLog(ApiContext api, IPodLogs? logs, CancellationToken stopping)
{
    private const string Nothing = "[nemotron-lab] This container is simulated by the time it takes: nothing runs in it, and it writes nothing.";

    /// <summary>Answers a request.</summary>
    /// <exception cref="ApiException">There is no such container, or it has not started.</exception>
    public async Task WriteAsync(HttpContext http, JsonObject pod)
    {
        var query = http.Request.Query;
        var container = ContainerOf(pod, query["container"].ToString());
        var previous = ListOptions.Flag(query["previous"]);
        var log = logs?.Find(pod.Uid() ?? "", container, previous);
        if (log is null) EnsureStarted(pod, container, previous);
        http.Response.StatusCode = 200;
        http.Response.ContentType = "text/plain";
        if (log is null)
        {
            await http.Response.WriteAsync(Nothing + "\n", http.RequestAborted);
            return;
        }

        var (lines, next, more) = log.Read(0);
        var since = Since(query);
        IEnumerable<LogLine> wanted = since is { } from ? lines.Where(line => line.At >= from) : lines;
        if (int.TryParse(query["tailLines"], NumberStyles.None, CultureInfo.InvariantCulture, out var tail)) wanted = wanted.TakeLast(tail);
        var stamps = ListOptions.Flag(query["timestamps"]);
        var left = long.TryParse(query["limitBytes"], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : long.MaxValue;
        left = await SendAsync(http, wanted, stamps, left);
        if (!ListOptions.Flag(query["follow"])) return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        while (more is not null && left > 0)
        {
            await http.Response.Body.FlushAsync(either.Token);
            await more.WaitAsync(either.Token);
            (lines, next, more) = log.Read(next);
            left = await SendAsync(http, lines, stamps, left);
        }
    }

    private DateTimeOffset? Since(IQueryCollection query)
    {
        if (long.TryParse(query["sinceSeconds"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return api.Now - TimeSpan.FromSeconds(seconds);
        return DateTimeOffset.TryParse(query["sinceTime"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }

    private static async Task<long> SendAsync(HttpContext http, IEnumerable<LogLine> lines, bool stamps, long left)
    {
        foreach (var line in lines)
        {
            var stamp = stamps ? line.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'.'fffffff'00Z '", CultureInfo.InvariantCulture) : "";
            var bytes = Encoding.UTF8.GetBytes($"{stamp}{line.Text}\n");
            var count = (int)Math.Min(bytes.Length, left);
            await http.Response.Body.WriteAsync(bytes.AsMemory(0, count), http.RequestAborted);
            left -= count;
            if (left <= 0) break;
        }

        return left;
    }

    private static string ContainerOf(JsonObject pod, string asked)
    {
        var init = Names(pod, "initContainers");
        var main = Names(pod, "containers");
        if (asked.Length > 0) return init.Contains(asked) || main.Contains(asked) ? asked : throw ApiErrors.BadRequest($"container {asked} is not valid for pod {pod.Name()}");
        if (main.Count == 1) return main[0];
        throw ApiErrors.BadRequest($"a container name must be specified for pod {pod.Name()}, choose one of: [{string.Join(' ', main)}]{(init.Count > 0 ? $" or one of the init containers: [{string.Join(' ', init)}]" : "")}");
    }

    private static void EnsureStarted(JsonObject pod, string container, bool previous)
    {
        if (previous) throw ApiErrors.BadRequest($"previous terminated container \"{container}\" in pod \"{pod.Name()}\" not found");
        var statuses = (pod["status"]?["containerStatuses"] as JsonArray ?? []).Concat(pod["status"]?["initContainerStatuses"] as JsonArray ?? []).OfType<JsonObject>();
        var state = statuses.FirstOrDefault(status => status["name"].Text() == container)?["state"];
        if (state?["running"] is null && state?["terminated"] is null)
            throw ApiErrors.BadRequest($"container \"{container}\" in pod \"{pod.Name()}\" is waiting to start: {state?["waiting"]?["reason"].Text() ?? "ContainerCreating"}");
    }

    private static List<string> Names(JsonObject pod, string field) =>
        [.. (pod["spec"]?[field] as JsonArray ?? []).Select(item => item?["name"].Text() ?? "")];
}
