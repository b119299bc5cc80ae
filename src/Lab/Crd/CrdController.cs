using Nemotron.Lab.Api;
using Nemotron.Lab.Patching;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Crd;

/// <summary>
/// What the API server does about definitions by itself: accepts their names, serves them, and clears their objects away
/// when they go. It runs on the writer's thread right after a definition was written, so that a client's next request sees the outcome.
/// </summary>
internal sealed class CrdController(ApiContext api)
{
    private const string Manager = "kube-apiserver";
    private static readonly Gvr Definitions = new("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    private readonly Lock gate = new();

    private ServedResource Resource => api.Catalog.Find(Definitions)!;

    /// <summary>Whether a written object is a definition, of interest to <see cref="OnDefinitionChanged"/>.</summary>
    public static bool IsDefinition(ServedResource resource) => resource.Gvr == Definitions;

    public void OnDefinitionChanged(StoredObject definition, bool removed)
    {
        lock (gate)
        {
            if (!removed) Accept(definition.Name);
            Serve();
        }
        if (!removed && definition.Tree.IsDeleting()) Clear(definition.Name);
    }

    /// <summary>An object of a terminating definition has gone; when it was the last, so goes the definition.</summary>
    public void OnInstanceRemoved(ServedResource resource)
    {
        if (resource.Terminating) FinishIfEmpty($"{resource.Gvr.Plural}.{resource.Gvr.Group}", resource.Table);
    }

    /// <summary>Rebuilds what is served from the definitions in the store, as after a restart.</summary>
    public void Serve()
    {
        var definitions = Resource.Table.Current.Objects(null).Select(o => o.Tree).Where(crd => CrdConditions.IsTrue(crd, "Established")).ToArray();
        api.Catalog.SetCustom(definitions.SelectMany(crd => CustomResourceKinds.Of(crd, api.Store)));
    }

    private void Accept(string name)
    {
        while (true)
        {
            if (Resource.Table.Current.Find(null, name) is not { } stored) return;
            var crd = stored.Copy();
            var clash = NameClash.Find(crd, Resource.Table.Current.Objects(null).Select(o => o.Tree));
            if (!CrdConditions.Accept(crd, clash, api.Timestamp)) return;
            crd = ManagedFields.RecordUpdate(stored.Tree, crd, Resource.Schema, Manager, Resource.ApiVersion, "status", api.Now, Resource.ResetFields("status"));
            try
            {
                api.Store.Put(Resource.Table, null, name, stored, StoredForm.Order(crd, Resource));
                return;
            }
            catch (StoreConflictException)
            {
            }
        }
    }

    private void Clear(string name)
    {
        var served = api.Catalog.All.Where(r => r.Custom && $"{r.Gvr.Plural}.{r.Gvr.Group}" == name).ToArray();
        foreach (var resource in served)
        {
            foreach (var stored in resource.Table.Current.Objects(null))
            {
                var request = new WriteRequest { Resource = resource, Namespace = stored.Namespace, Name = stored.Name, FieldManager = Manager };
                try
                {
                    // No admission here, so the deletion finishes before this returns.
                    Deletion.DeleteUnasked(api, request, new DeleteOptions());
                }
                catch (ApiException gone) when (gone.Code == 404)
                {
                }
            }
        }
        FinishIfEmpty(name, served.FirstOrDefault()?.Table);
    }

    private void FinishIfEmpty(string name, ResourceTable? table)
    {
        if (table is not null && !table.Current.Namespaces.IsEmpty) return;
        while (Resource.Table.Current.Find(null, name) is { } stored && stored.Tree.IsDeleting())
        {
            var crd = stored.Copy();
            var kept = crd.Finalizers().Where(f => f != CrdConditions.CleanupFinalizer).ToArray();
            if (kept.Length == crd.Finalizers().Count) return;
            ObjectMeta.SetFinalizers(crd, kept);
            try
            {
                Updating.Commit(api, Resource, stored, crd);
                if (kept.Length == 0) table?.EndWatches();
                return;
            }
            catch (StoreConflictException)
            {
            }
        }
    }
}
