namespace Nemotron.Lab.Api;

/// <summary>The rule that nothing is made in a namespace that is absent or on its way out.</summary>
internal static class NamespaceLifecycle
{
    private static readonly Gvr Namespaces = new("", "v1", "namespaces");

    /// <exception cref="ApiException">404 without the namespace, 403 while it terminates.</exception>
    public static void EnsureOpen(ApiContext api, ServedResource resource, string ns, string name)
    {
        var served = api.Catalog.Find(Namespaces)!;
        var found = served.Table.Current.Find(null, ns) ?? throw ApiErrors.NotFound(served, ns);
        if (!found.Tree.IsDeleting() && found.Tree["status"]?["phase"].Text() != "Terminating") return;
        throw ApiErrors.Forbidden(resource, name, $"unable to create new content in namespace {ns} because it is being terminated",
            new StatusCause("metadata.namespace", "NamespaceTerminating", $"namespace {ns} is being terminated"));
    }
}
