using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Kube.Tests;

/// <summary>
/// Just enough of an API server for the runtime's own tests: objects with versions and uids, list, watch (streamed or not), create, replace, merge, JSON and apply patches,
/// status, finalizers. No schemas, no selectors, no managed fields. It answers late watch events on demand, to test what must wait for them.
/// </summary>
internal sealed class TinyApi : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, JsonObject> objects = new(StringComparer.Ordinal);
    private readonly List<(string Collection, Channel<string> Lines)> watchers = [];
    private readonly List<(string Path, int Version, string Line)> history = [];
    private readonly List<(string Path, string Line)> held = [];
    private int version = 100;
    private Func<string, bool> holds = _ => false;

    private ApiHost? host;

    internal ApiHost Host => host!;

    internal string Url => Host.Url;

    /// <summary>Called before each request; true: it has answered.</summary>
    internal Func<HttpContext, SeenRequest, Task<bool>>? Intercept { get; set; }

    internal IReadOnlyList<SeenRequest> Writes => [.. Host.Requests.Where(r => r.IsWrite)];

    internal static async Task<TinyApi> StartAsync()
    {
        var api = new TinyApi();
        api.host = await ApiHost.StartAsync(api.AnswerAsync);
        return api;
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    internal JsonObject? Get(string path)
    {
        lock (gate)
        {
            return objects.GetValueOrDefault(path)?.DeepClone().AsObject();
        }
    }

    internal IReadOnlyList<string> Paths()
    {
        lock (gate)
        {
            return [.. objects.Keys];
        }
    }

    /// <summary>Watchers hear of nothing, or of nothing of one resource, until <see cref="ReleaseEvents"/>.</summary>
    internal void HoldEvents(string? plural = null)
    {
        lock (gate)
        {
            holds = path => plural is null || path.Split('/')[^2] == plural;
        }
    }

    internal void ReleaseEvents()
    {
        lock (gate)
        {
            holds = _ => false;
            foreach (var (collection, line) in held)
            {
                Send(collection, line);
            }

            held.Clear();
        }
    }

    /// <summary>Ends all watches, as a server that restarts.</summary>
    internal void CutWatches()
    {
        lock (gate)
        {
            foreach (var (_, lines) in watchers)
            {
                lines.Writer.TryComplete();
            }

            watchers.Clear();
        }
    }

    /// <summary>Puts an object as some user would; the spec's change counts up the generation.</summary>
    internal JsonObject Put(string path, JsonObject obj)
    {
        lock (gate)
        {
            return Store(path, obj, objects.GetValueOrDefault(path));
        }
    }

    internal JsonObject PutWidget(string name, int size = 1, Action<JsonObject>? change = null)
    {
        var widget = new JsonObject
        {
            ["apiVersion"] = "test.example.com/v1",
            ["kind"] = "Widget",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
            ["spec"] = new JsonObject { ["size"] = size },
        };
        change?.Invoke(widget);
        return Put(WidgetPath(name), widget);
    }

    internal static string WidgetPath(string name) => $"/apis/test.example.com/v1/namespaces/default/widgets/{name}";

    internal static string SecretPath(string ns, string name) => $"/api/v1/namespaces/{ns}/secrets/{name}";

    internal static string WebhooksPath(string name) => $"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{name}";

    internal static string ConfigMapPath(string name) => $"/api/v1/namespaces/default/configmaps/{name}";

    internal void Delete(string path)
    {
        lock (gate)
        {
            Remove(path);
        }
    }

    private async Task AnswerAsync(HttpContext context, SeenRequest request)
    {
        if (Intercept is { } intercept && await intercept(context, request))
        {
            return;
        }

        if (request.IsWatch)
        {
            await WatchAsync(context, request);
            return;
        }

        (int Status, JsonNode Body) answer;
        lock (gate)
        {
            answer = Answer(request);
        }

        await context.JsonAsync(answer.Body.ToJsonString(), answer.Status);
    }

    private (int Status, JsonNode Body) Answer(SeenRequest request)
    {
        var path = request.Path;
        var status = path.EndsWith("/status", StringComparison.Ordinal);
        path = status ? path[..^"/status".Length] : path;
        var existing = objects.GetValueOrDefault(path);
        var body = request.Body.Length > 0 ? JsonNode.Parse(request.Body) : null;
        switch (request.Method)
        {
            case "GET" when existing is not null:
                return (200, existing);
            case "GET" when path.Split('/')[^1] is "widgets" or "configmaps" or "leases" or "deployments" or "secrets" or "validatingwebhookconfigurations":
                var items = new JsonArray([.. objects.Where(o => Matches(path, o.Key)).Select(o => (JsonNode)o.Value.DeepClone())]);
                return (200, new JsonObject { ["kind"] = "List", ["metadata"] = new JsonObject { ["resourceVersion"] = version.ToString() }, ["items"] = items });
            case "POST":
                path = $"{path}/{body!["metadata"]!["name"]}";
                return objects.ContainsKey(path) ? Refuse(409, "AlreadyExists", "exists") : (201, Store(path, body.AsObject(), null));
            case "PUT" when existing is not null:
                return body!["metadata"]!["resourceVersion"]?.ToString() is { } read && read != existing["metadata"]!["resourceVersion"]!.ToString()
                    ? Refuse(409, "Conflict", "the object has been modified")
                    : (200, Store(path, body.AsObject(), existing));
            case "PATCH" when request.ContentType.StartsWith("application/apply-patch+yaml", StringComparison.Ordinal):
                var created = existing is null;
                if (body!["metadata"]!["uid"] is { } only && !JsonNode.DeepEquals(only, existing?["metadata"]!["uid"]))
                {
                    return created ? Refuse(409, "Conflict", "uid mismatch") : Refuse(422, "Invalid", "metadata.uid: field is immutable");
                }

                return (created ? 201 : 200, Store(path, Merge(existing, body.AsObject()), existing));
            case "PATCH" when existing is null:
                return Refuse(404, "NotFound", $"widgets \"{path.Split('/')[^1]}\" not found");
            case "PATCH" when request.ContentType.StartsWith("application/json-patch+json", StringComparison.Ordinal):
                return JsonPatch(existing, body!.AsArray()) is { } patched ? (200, Store(path, patched, existing)) : Refuse(422, "Invalid", "the server rejected our request due to an error in our request");
            case "PATCH":
                // Of a custom resource's status the server takes nothing but the status, not even a uid that differs.
                if (status) body!.AsObject().Remove("metadata");
                return body!["metadata"]?["uid"] is { } uid && !JsonNode.DeepEquals(uid, existing["metadata"]!["uid"])
                    ? Refuse(422, "Invalid", "metadata.uid: field is immutable")
                    : (200, Store(path, Merge(existing, body.AsObject()), existing));
            case "DELETE" when existing is not null:
                return body?["preconditions"]?["uid"] is { } wanted && !JsonNode.DeepEquals(wanted, existing["metadata"]!["uid"])
                    ? Refuse(409, "Conflict", "uid")
                    : (200, Remove(path));
            default:
                return Refuse(404, "NotFound", $"widgets \"{path.Split('/')[^1]}\" not found");
        }
    }

    private static (int, JsonNode) Refuse(int code, string reason, string message) =>
        (code, new JsonObject { ["kind"] = "Status", ["status"] = "Failure", ["reason"] = reason, ["message"] = message, ["code"] = code });

    private JsonObject Store(string path, JsonObject obj, JsonObject? before)
    {
        obj = obj.DeepClone().AsObject();
        var metadata = obj["metadata"]!.AsObject();
        metadata["uid"] = before?["metadata"]!["uid"]?.DeepClone() ?? $"uid-{version + 1}";
        metadata["generation"] = before is null ? 1
            : before["metadata"]!["generation"]!.GetValue<int>() + (JsonNode.DeepEquals(before["spec"], obj["spec"]) ? 0 : 1);
        metadata["resourceVersion"] = before?["metadata"]!["resourceVersion"]?.DeepClone();
        if (before is not null && JsonNode.DeepEquals(before, obj))
        {
            return before;
        }

        if (metadata["deletionTimestamp"] is not null && metadata["finalizers"] is not JsonArray { Count: > 0 })
        {
            objects.Remove(path);
            metadata["resourceVersion"] = (++version).ToString();
            Tell(path, "DELETED", obj);
            return obj;
        }

        metadata["resourceVersion"] = (++version).ToString();
        objects[path] = obj;
        Tell(path, before is null ? "ADDED" : "MODIFIED", obj);
        return obj;
    }

    private JsonObject Remove(string path)
    {
        var obj = objects[path].DeepClone().AsObject();
        if (obj["metadata"]!["finalizers"] is JsonArray { Count: > 0 })
        {
            obj["metadata"]!["deletionTimestamp"] ??= "2026-01-01T00:00:00Z";
            return Store(path, obj, objects[path]);
        }

        objects.Remove(path);
        obj["metadata"]!["resourceVersion"] = (++version).ToString();
        Tell(path, "DELETED", obj);
        return obj;
    }

    private static JsonObject Merge(JsonObject? target, JsonObject patch)
    {
        var result = target?.DeepClone().AsObject() ?? [];
        foreach (var (key, value) in patch)
        {
            if (value is null)
            {
                result.Remove(key);
            }
            else
            {
                result[key] = value switch
                {
                    JsonObject inner => Merge(result[key] as JsonObject, inner),
                    // The one list of these tests that is merged by its items' names.
                    JsonArray items when key == "webhooks" && result[key] is JsonArray there => new JsonArray([.. there.Select(item =>
                        Merge(item!.AsObject(), items.SingleOrDefault(i => i!["name"]!.ToString() == item["name"]!.ToString())?.AsObject() ?? []))]),
                    _ => value.DeepClone(),
                };
            }
        }

        return result;
    }

    private static JsonObject? JsonPatch(JsonObject target, JsonArray operations)
    {
        var result = target.DeepClone().AsObject();
        foreach (var operation in operations)
        {
            var parts = operation!["path"]!.ToString().Trim('/').Split('/').Select(p => p.Replace("~1", "/").Replace("~0", "~")).ToArray();
            if (parts[..^1].Aggregate((JsonNode?)result, (node, part) => node?[part]) is not JsonObject parent) return null;
            var name = parts[^1];
            switch (operation["op"]!.ToString())
            {
                case "test" when !JsonNode.DeepEquals(parent[name], operation["value"]):
                case "remove" when !parent.Remove(name):
                    return null;
                case "add" or "replace":
                    parent[name] = operation["value"]?.DeepClone();
                    break;
                default:
                    break;
            }
        }

        return result;
    }

    private async Task WatchAsync(HttpContext context, SeenRequest request)
    {
        var lines = Channel.CreateUnbounded<string>();
        lock (gate)
        {
            if (request.Parameter("resourceVersion") is { } from)
            {
                foreach (var (_, _, line) in history.Where(h => h.Version > int.Parse(from) && Matches(request.Path, h.Path) && !holds(h.Path)))
                {
                    lines.Writer.TryWrite(line);
                }
            }
            else
            {
                foreach (var (_, obj) in objects.Where(o => Matches(request.Path, o.Key)))
                {
                    lines.Writer.TryWrite(Line("ADDED", obj));
                }
            }

            if (request.Parameter("sendInitialEvents") == "true")
            {
                lines.Writer.TryWrite(Widgets.Bookmark(version, initialEnd: true));
            }

            watchers.Add((request.Path, lines));
        }

        await context.BeginWatchAsync();
        await foreach (var line in lines.Reader.ReadAllAsync(context.RequestAborted))
        {
            await context.LineAsync(line);
        }
    }

    private static bool Matches(string collection, string path)
    {
        var plural = collection.Split('/')[^1];
        var parts = path.Split('/');
        return parts[^2] == plural && path.StartsWith(collection[..collection.IndexOf(plural, StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    private void Tell(string path, string type, JsonObject obj)
    {
        history.Add((path, version, Line(type, obj)));
        if (holds(path))
        {
            held.Add((path, Line(type, obj)));
        }
        else
        {
            Send(path, Line(type, obj));
        }
    }

    private void Send(string path, string line)
    {
        foreach (var (collection, lines) in watchers.Where(w => Matches(w.Collection, path)))
        {
            lines.Writer.TryWrite(line);
        }
    }

    private static string Line(string type, JsonObject obj) => Widgets.Event(type, obj.ToJsonString());
}
