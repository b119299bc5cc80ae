using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Kube;

/// <summary>Event objects of <c>events.k8s.io/v1</c> as JSON.</summary>
internal static class EventBody
{
    /// <summary>A new Event.</summary>
    internal static JsonObject Create(EventSeries series, string controller, string instance)
    {
        var about = series.First;
        var regarding = new JsonObject { ["apiVersion"] = about.ApiVersion, ["kind"] = about.Kind, ["name"] = about.Name, ["uid"] = about.Uid };
        if (about.Namespace is not null)
        {
            regarding["namespace"] = about.Namespace;
        }

        if (about.ResourceVersion is not null)
        {
            regarding["resourceVersion"] = about.ResourceVersion;
        }

        return new JsonObject
        {
            ["apiVersion"] = "events.k8s.io/v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject { ["name"] = series.Name, ["namespace"] = NamespaceOf(series) },
            ["eventTime"] = MicroTime(series.FirstObserved),
            ["reportingController"] = controller,
            ["reportingInstance"] = instance,
            ["action"] = "Reconcile",
            ["reason"] = about.Reason,
            ["regarding"] = regarding,
            ["note"] = about.Message,
            ["type"] = about.Type.ToString(),
        };
    }

    /// <summary>The merge patch that says how often it happened.</summary>
    internal static JsonObject Series(EventSeries series) => new()
    {
        ["series"] = new JsonObject { ["count"] = series.Count, ["lastObservedTime"] = MicroTime(series.LastObserved) },
    };

    /// <summary>Events about objects of the cluster live in the namespace <c>default</c>.</summary>
    internal static string NamespaceOf(EventSeries series) => series.First.Namespace ?? "default";

    /// <summary>
    /// metav1.MicroTime. The API server's parser wants all six digits; the client's own converter leaves them out for whole seconds.
    /// </summary>
    internal static string MicroTime(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
