using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Kinds.Writing;
using Nemotron.Lab.Patching;
using Nemotron.Lab.Tests.Patching;

namespace Nemotron.Lab.Tests.Kinds;

/// <summary>The pure functions strung together in the server's order, over a dictionary: enough of an API server to replay recordings.</summary>
internal sealed class PureServer : IServiceAllocator
{
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 22, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, JsonObject> stored = [];
    private readonly WriteSurroundings around;

    public PureServer() => around = new WriteSurroundings(this, _ => null, () => null);

    public string NextClusterIp() => "10.0.15.76";

    public int NextNodePort() => 30000 + stored.Count;

    public JsonObject this[string path]
    {
        get => stored[path];
        set => stored[path] = value;
    }

    public IReadOnlyList<JsonObject> List(string path) => [.. stored.Where(entry => entry.Key.StartsWith(path + "/", StringComparison.Ordinal)).Select(entry => entry.Value)];

    /// <summary>Answers a write, or refuses it.</summary>
    public JsonObject Serve(Exchange exchange)
    {
        var (kind, path, subresource) = Resolve(exchange.Path, exchange.Method == "POST");
        var manager = exchange.QueryValue("fieldManager") ?? "unknown";
        if (exchange.Method == "POST") return Create(kind, path, exchange.Request!.AsObject(), manager);
        var live = stored.GetValueOrDefault(path);
        if (subresource == "scale") return Scale(kind, path, live!, exchange);
        if (exchange.ContentType == "application/apply-patch+yaml") return Apply(kind, path, live, exchange, manager, subresource);
        var asked = exchange.ContentType switch
        {
            "application/merge-patch+json" => (JsonObject)MergePatch.Apply(live, exchange.Request!)!,
            "application/strategic-merge-patch+json" => StrategicMergePatch.Apply(live!, exchange.Request!.AsObject(), kind.Schema),
            "application/json-patch+json" => (JsonObject)JsonPatch.Apply(live, JsonPatch.Parse(exchange.Request))!,
            _ => exchange.Request!.AsObject(),
        };
        kind.CheckTypes(asked);
        var obj = kind.Default(asked);
        obj = ManagedFields.RecordUpdate(live, obj, kind.Schema, manager, kind.ApiVersion, subresource, Now, kind.ResetFields(subresource));
        return Store(kind, path, obj, live, subresource);
    }

    private JsonObject Create(BuiltinKind kind, string path, JsonObject body, string manager)
    {
        kind.CheckTypes(body);
        var obj = kind.Default(body);
        obj = ManagedFields.RecordUpdate(null, obj, kind.Schema, manager, kind.ApiVersion, null, Now, kind.ResetFields(null));
        return Store(kind, $"{path}/{obj["metadata"]!["name"]}", obj, live: null, subresource: null);
    }

    private JsonObject Apply(BuiltinKind kind, string path, JsonObject? live, Exchange exchange, string manager, string? subresource)
    {
        var force = exchange.QueryValue("force") == "true";
        var applied = ServerSideApply.Apply(live, exchange.Request!.AsObject(), kind.Schema, manager, force, kind.ApiVersion, subresource, Now, kind.ResetFields(subresource));
        return Store(kind, path, kind.Default(applied), live, subresource);
    }

    private JsonObject Scale(BuiltinKind kind, string path, JsonObject live, Exchange exchange)
    {
        var scale = (JsonObject)MergePatch.Apply(WorkloadScale.Read(live), exchange.Request!)!;
        return WorkloadScale.Read(Store(kind, path, WorkloadScale.Write(live, scale), live, subresource: null));
    }

    private JsonObject Store(BuiltinKind kind, string path, JsonObject obj, JsonObject? live, string? subresource)
    {
        var metadata = obj.Ensure("metadata");
        metadata["uid"] = "u";
        metadata["resourceVersion"] = "r";
        metadata["creationTimestamp"] = "2026-11-23T22:00:00Z";
        if (kind.Namespaced) metadata["namespace"] = "rec";
        if (live is null) kind.PrepareCreate(obj, around);
        else kind.PrepareUpdate(obj, live, subresource, around);
        var faults = kind.Validate(obj, live, subresource);
        if (faults.Count > 0) throw kind.Refusal(metadata.TextAt("name") ?? "", faults);
        if (live is not null) obj = ManagedFields.KeepIfOnlyTimesDiffer(live, obj);
        stored[path] = obj;
        return obj;
    }

    private static (BuiltinKind Kind, string Path, string? Subresource) Resolve(string path, bool isCreate)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).ToList();
        var (group, version) = parts[0] == "api" ? ("", parts[1]) : (parts[1], parts[2]);
        var rest = parts.Skip(parts[0] == "api" ? 2 : 3).ToList();
        if (rest[0] == "namespaces" && rest.Count > 2) rest = [.. rest.Skip(2)];
        var kind = BuiltinKinds.Find(new Gvr(group, version, rest[0]))!;
        if (isCreate || rest.Count < 3) return (kind, path, null);
        return (kind, path[..path.LastIndexOf('/')], rest[2]);
    }
}
