using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>Several admissions one after the other.</summary>
internal sealed class AdmissionChain(IReadOnlyList<IAdmission> links) : IAdmission
{
    /// <inheritdoc/>
    public async ValueTask<JsonObject> MutateAsync(WriteRequest request, AdmissionVerb verb, JsonObject obj, JsonObject? old)
    {
        foreach (var link in links) obj = await link.MutateAsync(request, verb, obj, old);
        return obj;
    }

    /// <inheritdoc/>
    public async ValueTask ValidateAsync(WriteRequest request, AdmissionVerb verb, JsonObject? obj, JsonObject? old)
    {
        foreach (var link in links) await link.ValidateAsync(request, verb, obj, old);
    }
}
