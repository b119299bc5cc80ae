using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>Does in the server what the real thing does by webhooks: completes and checks LeaderWorkerSets, and completes their pods.</summary>
internal sealed class LeaderWorkerSetAdmission : IAdmission
{
    private static readonly Gvr Pods = new("", "v1", "pods");

    /// <inheritdoc/>
    public ValueTask<JsonObject> MutateAsync(WriteRequest request, AdmissionVerb verb, JsonObject obj, JsonObject? old)
    {
        if (request.Resource.Gvr == Lws.Sets && request.Subresource is null) LeaderWorkerSetRules.Default(obj);
        if (request.Resource.Gvr == Pods && verb == AdmissionVerb.Create) GroupMember.Complete(obj);
        return ValueTask.FromResult(obj);
    }

    /// <inheritdoc/>
    public ValueTask ValidateAsync(WriteRequest request, AdmissionVerb verb, JsonObject? obj, JsonObject? old)
    {
        if (request.Resource.Gvr != Lws.Sets || request.Subresource is "status" || obj is null || verb == AdmissionVerb.Delete) return ValueTask.CompletedTask;
        var faults = LeaderWorkerSetRules.Validate(obj, old);
        if (faults.Count == 0) return ValueTask.CompletedTask;
        var sentences = faults.Select(fault => $"{fault.Field}: {fault.Message}").ToArray();
        var all = sentences.Length == 1 ? sentences[0] : $"[{string.Join(", ", sentences)}]";
        throw new ApiException(403, "Forbidden", $"admission webhook \"vleaderworkerset.kb.io\" denied the request: {all}");
    }
}
