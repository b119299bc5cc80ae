using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>The verbs admission distinguishes.</summary>
internal enum AdmissionVerb { Create, Update, Delete }

/// <summary>The step between validation and the write that asks webhooks.</summary>
internal interface IAdmission
{
    /// <summary>Lets mutating webhooks change the object before it is validated; returns the object to go on with.</summary>
    /// <exception cref="ApiException">A webhook refused, or failed with <c>failurePolicy: Fail</c>.</exception>
    ValueTask<JsonObject> MutateAsync(WriteRequest request, AdmissionVerb verb, JsonObject obj, JsonObject? old);

    /// <summary>Asks validating webhooks about the final object.</summary>
    /// <exception cref="ApiException">A webhook refused, or failed with <c>failurePolicy: Fail</c>.</exception>
    ValueTask ValidateAsync(WriteRequest request, AdmissionVerb verb, JsonObject? obj, JsonObject? old);
}
