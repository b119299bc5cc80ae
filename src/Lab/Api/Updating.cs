using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds.Validation;
using Nemotron.Lab.Patching;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>
/// Changing an object that is there: PUT, every kind of patch, and the subresources. One path for all: read, change,
/// fill in what the client may not decide, validate, write unless nothing changed, and again if somebody was faster.
/// </summary>
internal static class Updating
{
    private const int MaxAttempts = 32;

    /// <summary>From the object as it is to the object as it should be; must not change its argument's tree.</summary>
    /// <param name="live">A copy of the live object, for the change to keep and alter.</param>
    public delegate JsonObject Change(JsonObject live);

    /// <param name="api">The server's parts.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="change">The change; run again on a newer version after a lost race.</param>
    /// <param name="retry">Whether a lost race is tried again (patches) or refused (a PUT with a resource version).</param>
    /// <param name="recordManager">False when the change has kept <c>managedFields</c> itself (apply).</param>
    public static async ValueTask<JsonObject> UpdateAsync(
        ApiContext api, WriteRequest request, Change change, bool retry, bool recordManager = true)
    {
        var resource = request.Resource;
        for (int attempt = 1; ; attempt++)
        {
            var stored = resource.Table.Current.Find(request.Namespace, request.Name) ?? throw ApiErrors.NotFound(resource, request.Name);
            var live = resource.Show(stored);
            var next = change(resource.View is null ? stored.Copy() : (JsonObject)live.DeepClone());
            EnsureIdentity(request, live, next);
            KeepIdentity(request, live, next);
            if (api.Admission is { } admission) next = await admission.MutateAsync(request, AdmissionVerb.Update, next, live);
            if (recordManager)
                next = ManagedFields.RecordUpdate(live, next, resource.Schema, request.FieldManager, resource.ApiVersion, request.Subresource, api.Now, resource.ResetFields(request.Subresource));
            Prepare(api, request, live, next);

            // Binding and eviction set what nobody else may, and nothing else.
            if (request.Subresource is not ("binding" or "eviction")) ObjectValidation.EnsureValid(next, live, request);
            if (resource.Custom) request.Warnings.AddRange(MetadataValidation.FinalizerWarnings(next).Except(MetadataValidation.FinalizerWarnings(live)));
            if (api.Admission is { } validating) await validating.ValidateAsync(request, AdmissionVerb.Update, next, live);
            if (ReferenceEquals(ManagedFields.KeepIfOnlyTimesDiffer(live, next), live)) return live;
            if (request.DryRun) return next;
            try
            {
                return Commit(api, resource, stored, next);
            }
            catch (StoreConflictException) when (retry && attempt < MaxAttempts)
            {
            }
            catch (StoreConflictException)
            {
                throw ApiErrors.Modified(resource, request.Name);
            }
        }
    }

    /// <summary>Writes, or removes when this was the last finalizer of an object being deleted.</summary>
    public static JsonObject Commit(ApiContext api, ServedResource resource, StoredObject stored, JsonObject next)
    {
        var kept = StoredForm.Order(resource.View is null ? next : resource.View.ToStored(next), resource);
        bool last = Deletion.IsComplete(resource, kept);
        var written = last
            ? api.Store.Remove(resource.Table, stored, kept)
            : api.Store.Put(resource.Table, stored.Namespace, stored.Name, stored, kept);
        api.Committed?.Invoke(resource, written, last);
        return resource.Show(written);
    }

    private static void EnsureIdentity(WriteRequest request, JsonObject live, JsonObject next)
    {
        var resource = request.Resource;
        string? rv = next.ResourceVersion();
        if (rv is null or "0")
        {
            next.Metadata()["resourceVersion"] = live.ResourceVersion();
        }
        else if (rv != live.ResourceVersion())
        {
            throw ApiErrors.Modified(resource, request.Name);
        }
    }

    /// <summary>The uid in a PUT's body is its precondition. In a patch it is not: there it is a change like any other, which is refused as one or, of a custom object's status, not heard.</summary>
    /// <exception cref="ApiException">409 when the name is another object's by now.</exception>
    public static void EnsureSameObject(WriteRequest request, JsonObject obj, JsonObject live)
    {
        var resource = request.Resource;
        if (obj.Uid() is not { Length: > 0 } uid || uid == live.Uid()) return;
        string key = string.Join('/', new[] { "/registry", resource.Gvr.Group, resource.Gvr.Plural, request.Namespace, request.Name }.Where(p => !string.IsNullOrEmpty(p)));
        throw ApiErrors.Conflict(resource.Gvr.Group, resource.Gvr.Plural, request.Name,
            $"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {live.Uid()}");
    }

    /// <summary>Nobody rewrites birth and death.</summary>
    private static void KeepIdentity(WriteRequest request, JsonObject live, JsonObject next)
    {
        var metadata = next.Metadata();
        bool statusOnly = request.Resource.Custom && request.Subresource == "status";
        // Another uid is left for the validation to refuse.
        if (statusOnly || string.IsNullOrEmpty(next.Uid())) Restore(live["metadata"] as JsonObject, metadata, "uid");
        foreach (string field in (string[])["name", "namespace", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName"])
        {
            Restore(live["metadata"] as JsonObject, metadata, field);
        }
        metadata.Remove("selfLink");
    }

    /// <summary>Puts back what the request's door does not lead to, and counts the generation.</summary>
    private static void Prepare(ApiContext api, WriteRequest request, JsonObject live, JsonObject next)
    {
        switch (request.Subresource)
        {
            case "finalize": Restore(live, next, "status"); return;
            case "binding" or "eviction": return;
        }
        if (request.Resource.Builtin is { } kind)
        {
            kind.PrepareUpdate(next, live, request.Subresource == "status" ? "status" : null, api.Surroundings);
            return;
        }
        if (request.Subresource == "status") KeepAllButStatus(live, next);
        else if (request.Resource.HasStatus) Restore(live, next, "status");
        if (SpecificationChanged(request.Resource, live, next)) next.Metadata()["generation"] = live.Generation() + 1;
    }

    /// <summary>Writing a custom object's status changes neither its metadata, but for who manages what, nor anything else.</summary>
    private static void KeepAllButStatus(JsonObject live, JsonObject next)
    {
        foreach (string key in next.Select(f => f.Key).Union(live.Select(f => f.Key)).ToArray())
        {
            if (key is not ("status" or "metadata")) Restore(live, next, key);
        }
        var metadata = next.Metadata();
        var kept = (JsonObject)live["metadata"]!.DeepClone();
        kept["resourceVersion"] = metadata["resourceVersion"].Text();
        kept.Remove("managedFields");
        if (metadata["managedFields"] is { } managed) kept["managedFields"] = managed.DeepClone();
        next["metadata"] = kept;
    }

    private static void Restore(JsonObject? from, JsonObject to, string field)
    {
        var value = from?[field];
        if (value is null && from?.ContainsKey(field) != true) to.Remove(field);
        else if (!JsonNode.DeepEquals(value, to[field])) to[field] = value?.DeepClone();
    }

    private static bool SpecificationChanged(ServedResource resource, JsonObject live, JsonObject next)
    {
        foreach (string key in live.Select(f => f.Key).Union(next.Select(f => f.Key)))
        {
            if (key is "metadata" or "kind" or "apiVersion") continue;
            if (key == "status" && resource.HasStatus) continue;
            if (!JsonNode.DeepEquals(live[key], next[key])) return true;
        }
        return false;
    }
}
