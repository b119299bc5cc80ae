using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>
/// Binds a pod as the <c>pods/binding</c> subresource does: <c>spec.nodeName</c> is set once, and the pod is <c>PodScheduled</c>.
/// In process the bound pod itself is handed to that subresource, with the version the decision was made on.
/// </summary>
internal static class PodBinding
{
    /// <summary>Binds, and gives back the bound pod. A pod that changed meanwhile is a <c>Conflict</c>.</summary>
    /// <param name="api">The API.</param>
    /// <param name="pod">The pod as served.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="now">The time of the condition.</param>
    /// <param name="fieldManager">Who binds.</param>
    public static JsonObject Bind(IApi api, JsonObject pod, string node, DateTimeOffset now, string fieldManager)
    {
        var bound = pod.Copy();
        bound.Ensure("spec")["nodeName"] = node;
        bound.Ensure("status")["conditions"] = (pod.At("status", "conditions") as JsonArray).With("PodScheduled", "True", null, null, now, probeTime: true);
        return api.Update(BuiltIn.Pods, pod.Namespace(), pod.Name(), bound, fieldManager, "binding");
    }
}
