using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers;

/// <summary>Writes <c>v1.Event</c> objects; the same event told again raises the count of the first.</summary>
/// <param name="api">The API.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where a refused event is told of: events are best effort, as in the real thing.</param>
internal sealed class EventWriter(IApi api, TimeProvider time, ILogger log)
{
    private const int Remembered = 4096;
    private readonly Lock gate = new();
    private readonly Dictionary<(string Uid, string Reason, string Message), (string Namespace, string Name, long Count)> told = [];
    private long sequence;

    /// <summary>Tells of something normal.</summary>
    public void Normal(string component, JsonObject about, string kind, string apiVersion, string reason, string message) =>
        Write(component, about, kind, apiVersion, "Normal", reason, message);

    /// <summary>Warns of something.</summary>
    public void Warning(string component, JsonObject about, string kind, string apiVersion, string reason, string message) =>
        Write(component, about, kind, apiVersion, "Warning", reason, message);

    private void Write(string component, JsonObject about, string kind, string apiVersion, string type, string reason, string message)
    {
        var key = (about.Uid(), reason, message);
        lock (gate)
        {
            try
            {
                if (told.TryGetValue(key, out var known) && Repeat(known)) told[key] = known with { Count = known.Count + 1 };
                else told[key] = Create(component, about, kind, apiVersion, type, reason, message);
                if (told.Count > Remembered) told.Clear();
            }
            catch (ApiException refused)
            {
                // A namespace being deleted refuses new events; that is its right.
                log.LogDebug("Event {Reason} for {Name} refused: {Message}", reason, about.Name(), refused.Message);
            }
        }
    }

    private bool Repeat((string Namespace, string Name, long Count) known)
    {
        if (api.Get(BuiltIn.Events, known.Namespace, known.Name) is null) return false;
        api.MergePatch(
            BuiltIn.Events,
            known.Namespace,
            known.Name,
            new JsonObject { ["count"] = known.Count + 1, ["lastTimestamp"] = time.GetUtcNow().Stamp() },
            "event-recorder");
        return true;
    }

    private (string Namespace, string Name, long Count) Create(
        string component, JsonObject about, string kind, string apiVersion, string type, string reason, string message)
    {
        var ns = about.Namespace() ?? "default";
        var now = time.GetUtcNow();
        var name = $"{about.Name()}.{now.UtcTicks:x}{Interlocked.Increment(ref sequence) & 0xfff:x3}";
        var involved = new JsonObject { ["kind"] = kind };
        if (about.Namespace() is { } of) involved["namespace"] = of;
        involved["name"] = about.Name();
        involved["uid"] = about.Uid();
        involved["apiVersion"] = apiVersion;
        involved["resourceVersion"] = about.Text("metadata", "resourceVersion");
        api.Create(
            BuiltIn.Events,
            ns,
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Event",
                ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
                ["involvedObject"] = involved,
                ["reason"] = reason,
                ["message"] = message,
                ["source"] = new JsonObject { ["component"] = component },
                ["firstTimestamp"] = now.Stamp(),
                ["lastTimestamp"] = now.Stamp(),
                ["count"] = 1,
                ["type"] = type,
                ["eventTime"] = null,
                ["reportingComponent"] = component,
                ["reportingInstance"] = "",
            },
            component);
        return (ns, name, 1);
    }
}
