using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds.Validation;
using Nemotron.Lab.Patching;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>Creating an object: POST, and apply to a name that is not there.</summary>
internal static class Creation
{
    private const int GenerateNameAttempts = 8;
    private const int GenerateNameMaxBase = 58;

    /// <summary>Creates from a decoded object, which is taken over. Returns what the client sees.</summary>
    /// <param name="api">The server's parts.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="obj">The object, decoded.</param>
    /// <param name="recordManager">False when the object carries its <c>managedFields</c> already, as after an apply.</param>
    public static async ValueTask<JsonObject> CreateAsync(ApiContext api, WriteRequest request, JsonObject obj, bool recordManager = true)
    {
        var resource = request.Resource;
        PlaceInNamespace(api, request, obj);
        if (resource.Terminating)
            throw ApiErrors.MethodNotAllowed("create not allowed while custom resource definition is terminating");
        if (request.Name.Length > 0 && obj.Name().Length == 0) obj.Metadata()["name"] = request.Name;

        // Fields are recorded as decoded: what the server adds from here on belongs to nobody.
        if (recordManager)
            obj = ManagedFields.RecordUpdate(null, obj, resource.Schema, request.FieldManager, resource.ApiVersion, request.Subresource, api.Now, resource.ResetFields(null));
        if (api.Admission is { } admission) obj = await admission.MutateAsync(request, AdmissionVerb.Create, obj, null);
        Prepare(api, request, obj);

        string? generate = obj.Name().Length == 0 ? obj.MetaText("generateName") : null;
        for (int attempt = 1; ; attempt++)
        {
            if (generate is not null) obj.Metadata()["name"] = GeneratedName(api, generate);
            string? givenRv = obj.ResourceVersion();
            ObjectValidation.EnsureValid(obj, null, request);
            if (givenRv is not null && recordManager) throw new ApiException(500, "", "resourceVersion should not be set on objects to be created");
            obj.Metadata().Remove("resourceVersion");
            if (resource.Custom) request.Warnings.AddRange(MetadataValidation.FinalizerWarnings(obj));
            if (attempt == 1 && api.Admission is { } validating) await validating.ValidateAsync(request, AdmissionVerb.Create, obj, null);

            string name = obj.Name();
            bool taken = resource.Table.Current.Find(request.Namespace, name) is not null;
            if (!taken && request.DryRun) return obj;
            if (!taken && Commit(api, request, name, obj) is { } stored)
            {
                api.Committed?.Invoke(resource, stored, false);
                return resource.Show(stored);
            }
            if (generate is null || attempt == GenerateNameAttempts) throw ApiErrors.AlreadyExists(resource, name);
        }
    }

    private static StoredObject? Commit(ApiContext api, WriteRequest request, string name, JsonObject obj)
    {
        var resource = request.Resource;
        try
        {
            var kept = resource.View is null ? obj : resource.View.ToStored(obj);
            return api.Store.Put(resource.Table, request.Namespace, name, null, StoredForm.Order(kept, resource));
        }
        catch (StoreConflictException)
        {
            return null;
        }
    }

    private static void PlaceInNamespace(ApiContext api, WriteRequest request, JsonObject obj)
    {
        var resource = request.Resource;
        if (!resource.Namespaced)
        {
            obj.Metadata().Remove("namespace");
            return;
        }
        string? inBody = obj.Namespace();
        if (inBody is not null && inBody != request.Namespace)
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        obj.Metadata()["namespace"] = request.Namespace;
        NamespaceLifecycle.EnsureOpen(api, resource, request.Namespace!, obj.Name());
    }

    /// <summary>What the server alone decides about a new object.</summary>
    private static void Prepare(ApiContext api, WriteRequest request, JsonObject obj)
    {
        var resource = request.Resource;
        var metadata = obj.Metadata();
        metadata["uid"] = api.NewUid();
        metadata["creationTimestamp"] = api.Timestamp;
        metadata.Remove("deletionTimestamp");
        metadata.Remove("deletionGracePeriodSeconds");
        metadata.Remove("selfLink");
        if (resource.Builtin is { } kind)
        {
            kind.PrepareCreate(obj, api.Surroundings);
            return;
        }
        metadata["generation"] = 1;
        if (resource.HasStatus) obj.Remove("status");
    }

    private static string GeneratedName(ApiContext api, string prefix) =>
        (prefix.Length > GenerateNameMaxBase ? prefix[..GenerateNameMaxBase] : prefix) + api.NameSuffix();
}
