using System.Text.Json.Nodes;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>What became of a deletion.</summary>
/// <param name="Object">The object as it was last.</param>
/// <param name="Gone">Whether it is out of the store; otherwise something still holds it.</param>
internal sealed record DeletionOutcome(JsonObject Object, bool Gone);

/// <summary>
/// Deleting an object: at once, or by marking it (<c>deletionTimestamp</c>) while finalizers, a pod's grace period or a
/// namespace's contents hold it. Collecting dependents is the garbage collector's work; here its finalizers are set.
/// </summary>
internal static class Deletion
{
    private const string Foreground = "foregroundDeletion";
    private const string Orphan = "orphan";

    /// <exception cref="ApiException">404 when absent, 409 when a precondition fails.</exception>
    public static async ValueTask<DeletionOutcome> DeleteAsync(ApiContext api, WriteRequest request, DeleteOptions options)
    {
        var resource = request.Resource;
        if (api.Admission is { } admission)
        {
            var stored = resource.Table.Current.Find(request.Namespace, request.Name) ?? throw ApiErrors.NotFound(resource, request.Name);
            EnsurePreconditions(resource, request.Name, stored.Tree, options);
            await admission.ValidateAsync(request, AdmissionVerb.Delete, null, resource.Show(stored));
        }
        return DeleteUnasked(api, request, options);
    }

    /// <summary>Deletes without asking admission webhooks: what the server does on its own account.</summary>
    /// <exception cref="ApiException">404 when absent, 409 when a precondition fails.</exception>
    public static DeletionOutcome DeleteUnasked(ApiContext api, WriteRequest request, DeleteOptions options)
    {
        var resource = request.Resource;
        while (true)
        {
            var stored = resource.Table.Current.Find(request.Namespace, request.Name) ?? throw ApiErrors.NotFound(resource, request.Name);
            EnsurePreconditions(resource, request.Name, stored.Tree, options);
            var next = Mark(api, resource, stored.Copy(), options);
            bool gone = IsComplete(resource, next);
            if (options.DryRun) return new DeletionOutcome(next, gone);
            try
            {
                if (!gone && JsonNode.DeepEquals(next, stored.Tree)) return new DeletionOutcome(resource.Show(stored), false);
                // Without a trace of deletion the last state is the stored one: watchers see no deletionTimestamp.
                bool marked = stored.Tree.IsDeleting() || Graceful(resource);
                var written = gone
                    ? api.Store.Remove(resource.Table, stored, marked ? next : null)
                    : api.Store.Put(resource.Table, stored.Namespace, stored.Name, stored, next);
                api.Committed?.Invoke(resource, written, gone);
                return new DeletionOutcome(resource.Show(written), gone);
            }
            catch (StoreConflictException)
            {
            }
        }
    }

    /// <summary>Whether nothing holds an object being deleted any more.</summary>
    public static bool IsComplete(ServedResource resource, JsonObject obj)
    {
        if (!obj.IsDeleting() || obj.Finalizers().Count > 0) return false;
        if (IsNamespace(resource)) return obj["spec"]?["finalizers"] is not JsonArray { Count: > 0 };
        return (obj["metadata"]?["deletionGracePeriodSeconds"].Integer() ?? 0) == 0;
    }

    private static JsonObject Mark(ApiContext api, ServedResource resource, JsonObject obj, DeleteOptions options)
    {
        SetPropagation(resource, obj, options.Propagation);
        var metadata = obj.Metadata();
        long grace = Graceful(resource) ? GracePeriod(obj, options) : 0;
        if (obj.IsDeleting())
        {
            // A later request may shorten the wait, never lengthen it.
            long current = metadata["deletionGracePeriodSeconds"].Integer() ?? 0;
            if (!Graceful(resource) || grace >= current) return obj;
            metadata["deletionGracePeriodSeconds"] = grace;
            metadata["deletionTimestamp"] = ObjectMeta.Timestamp(api.Now.AddSeconds(grace));
            return obj;
        }
        metadata["deletionTimestamp"] = ObjectMeta.Timestamp(api.Now.AddSeconds(grace));
        if (IsNamespace(resource))
        {
            var status = obj["status"] as JsonObject ?? [];
            obj["status"] = status;
            status["phase"] = "Terminating";
            return obj;
        }
        if (IsDefinition(resource))
        {
            Crd.CrdConditions.MarkTerminating(obj, api.Timestamp);
            return obj;
        }
        metadata["deletionGracePeriodSeconds"] = grace;
        if (resource.CountsGenerations && metadata["generation"] is not null) metadata["generation"] = obj.Generation() + 1;
        return obj;
    }

    /// <summary>The garbage collector works through finalizers; the policy decides which the object carries.</summary>
    private static void SetPropagation(ServedResource resource, JsonObject obj, string? propagation)
    {
        var finalizers = obj.Finalizers();
        if (IsNamespace(resource)) return;
        bool foreground = propagation is null ? finalizers.Contains(Foreground) : propagation == "Foreground";
        bool orphan = propagation is null ? finalizers.Contains(Orphan) : propagation == "Orphan";
        var wanted = finalizers.Where(f => f is not (Foreground or Orphan)).ToList();
        if (foreground) wanted.Add(Foreground);
        else if (orphan) wanted.Add(Orphan);
        if (!wanted.SequenceEqual(finalizers)) ObjectMeta.SetFinalizers(obj, wanted);
    }

    /// <summary>A pod that never reached a node, or has ended, has nobody to wait for.</summary>
    private static long GracePeriod(JsonObject pod, DeleteOptions options)
    {
        if (string.IsNullOrEmpty(pod["spec"]?["nodeName"].Text())) return 0;
        if (pod["status"]?["phase"].Text() is "Failed" or "Succeeded") return 0;
        return Math.Max(0, options.GracePeriodSeconds ?? pod["spec"]?["terminationGracePeriodSeconds"].Integer() ?? 30);
    }

    private static void EnsurePreconditions(ServedResource resource, string name, JsonObject obj, DeleteOptions options)
    {
        if (options.Uid is { } uid && uid != obj.Uid())
        {
            throw ApiErrors.Conflict(resource.Gvr.Group, resource.Kind, name,
                $"the UID in the precondition ({uid}) does not match the UID in record ({obj.Uid()}). The object might have been deleted and then recreated");
        }
        if (options.ResourceVersion is { } rv && rv != obj.ResourceVersion())
        {
            throw ApiErrors.Conflict(resource.Gvr.Group, resource.Kind, name,
                $"the ResourceVersion in the precondition ({rv}) does not match the ResourceVersion in record ({obj.ResourceVersion()}). The object might have been modified");
        }
    }

    private static bool Graceful(ServedResource resource) => resource is { Custom: false, Gvr: { Group: "", Plural: "pods" } };

    public static bool IsNamespace(ServedResource resource) => resource is { Custom: false, Gvr: { Group: "", Plural: "namespaces" } };

    private static bool IsDefinition(ServedResource resource) => resource is { Custom: false, Gvr: { Group: "apiextensions.k8s.io", Plural: "customresourcedefinitions" } };
}
