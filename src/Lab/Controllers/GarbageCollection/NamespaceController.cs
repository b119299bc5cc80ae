using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.GarbageCollection;

/// <summary>Empties a namespace that is being deleted, then lets it go by removing its <c>kubernetes</c> finalizer.</summary>
internal sealed class NamespaceController : Controller<string>
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private readonly Informer namespaces;

    /// <summary>A controller over the context's API.</summary>
    public NamespaceController(ControllerContext context)
        : base("namespace-controller", context)
    {
        namespaces = context.Informers.For(BuiltIn.Namespaces);
        namespaces.OnChange((_, after) =>
        {
            if (after?.IsDeleting() == true) Queue.Add(after.Name());
        });
    }

    /// <inheritdoc/>
    protected override void Reconcile(string key)
    {
        if (namespaces.Get(new(null, key)) is not { } ns || !ns.IsDeleting()) return;
        var left = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var held = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var seen = new HashSet<(string Group, string Plural)>();
        foreach (var (resource, _, namespaced) in Context.Api.Resources)
        {
            if (!namespaced || resource.Plural.Contains('/') || !seen.Add((resource.Group, resource.Plural))) continue;
            Empty(resource, key, left, held);
        }

        if (left.Count > 0)
        {
            TellWhatIsLeft(ns, left, held);
            // What is left waits for kubelets and finalizers, of whatever kind: the real controller comes back by an estimate too.
            Queue.AddAfter(key, LookAgain);
            return;
        }

        if (!ns.Texts("spec", "finalizers").Contains("kubernetes")) return;
        var finalized = ns.Copy();
        finalized.Ensure("spec")["finalizers"] = new JsonArray([.. ns.Texts("spec", "finalizers").Where(name => name != "kubernetes").Select(name => (JsonNode)JsonValue.Create(name))]);
        Context.Api.Update(BuiltIn.Namespaces, null, key, finalized, Name, "finalize");
    }

    private void Empty(Gvr resource, string ns, SortedDictionary<string, int> left, SortedDictionary<string, int> held)
    {
        IReadOnlyList<JsonObject> items;
        try
        {
            items = Context.Api.List(resource, ns).Items;
        }
        catch (ApiException refused) when (refused.Code is 404 or 405)
        {
            return;
        }

        foreach (var item in items)
        {
            if (!item.IsDeleting()) Context.Api.Delete(resource, ns, item.Name(), uid: item.Uid());
        }

        var name = resource.Group.Length == 0 ? $"{resource.Plural}." : $"{resource.Plural}.{resource.Group}";
        foreach (var item in items.Count == 0 ? [] : Context.Api.List(resource, ns).Items)
        {
            left[name] = left.GetValueOrDefault(name) + 1;
            foreach (var finalizer in item.Texts("metadata", "finalizers")) held[finalizer] = held.GetValueOrDefault(finalizer) + 1;
        }
    }

    private void TellWhatIsLeft(JsonObject ns, SortedDictionary<string, int> left, SortedDictionary<string, int> held)
    {
        var now = Context.Now;
        var conditions = (ns.At("status", "conditions") as JsonArray)
            .With("NamespaceContentRemaining", "True", "SomeResourcesRemain", "Some resources are remaining: " + Listed(left, "has", "resource instances"), now);
        conditions = held.Count > 0
            ? conditions.With("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", "Some content in the namespace has finalizers remaining: " + Listed(held, "in", "resource instances"), now)
            : conditions.With("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished", now);
        if (JsonNode.DeepEquals(conditions, ns.At("status", "conditions"))) return;
        var patch = new JsonObject { ["status"] = new JsonObject { ["phase"] = "Terminating", ["conditions"] = conditions } };
        namespaces.Observe(Context.Api.MergePatch(BuiltIn.Namespaces, null, ns.Name(), patch, Name, "status"));
    }

    private static string Listed(SortedDictionary<string, int> counts, string verb, string what) =>
        string.Join(", ", counts.Select(entry => $"{entry.Key} {verb} {entry.Value} {what}"));
}
