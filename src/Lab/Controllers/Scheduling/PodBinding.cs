using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.Scheduling;

/// <summary>Binds a pod as the <c>pods/binding</c> subresource does: <c>spec.nodeName</c> is set once, and the pod is <c>PodScheduled</c>.</summary>
internal static class PodBinding
{
    /// <summary>Binds, and gives back the bound pod. A pod bound already is a <c>Conflict</c>.</summary>
    public static JsonObject Bind(IApi api, ObjectKey pod, string uid, string node, string fieldManager)
    {
        var binding = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Binding",
            ["metadata"] = new JsonObject { ["name"] = pod.Name, ["namespace"] = pod.Namespace, ["uid"] = uid },
            ["target"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = node },
        };
        api.Update(BuiltIn.Pods, pod.Namespace, pod.Name, binding, fieldManager, "binding");
        return api.Get(BuiltIn.Pods, pod.Namespace, pod.Name)
            ?? throw new ApiException(404, "NotFound", $"pods \"{pod.Name}\" not found");
    }
}
