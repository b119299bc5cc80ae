using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.Services;

/// <summary>Gives every live namespace its ServiceAccount <c>default</c>.</summary>
internal sealed class ServiceAccountController : Controller<string>
{
    private readonly Informer namespaces;
    private readonly Informer accounts;

    /// <summary>A controller over the context's API.</summary>
    public ServiceAccountController(ControllerContext context)
        : base("service-account-controller", context)
    {
        namespaces = context.Informers.For(BuiltIn.Namespaces);
        accounts = context.Informers.For(BuiltIn.ServiceAccounts);
        namespaces.OnChange((_, after) =>
        {
            if (after is not null) Queue.Add(after.Name());
        });
        accounts.OnChange((before, after) =>
        {
            if (after is null && before!.Name() == "default") Queue.Add(before!.Namespace() ?? "");
        });
    }

    /// <inheritdoc/>
    protected override void Reconcile(string key)
    {
        if (namespaces.Get(new(null, key)) is not { } ns || ns.IsDeleting() || accounts.Get(new(key, "default")) is not null) return;
        var account = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ServiceAccount",
            ["metadata"] = new JsonObject { ["name"] = "default", ["namespace"] = key },
        };
        try
        {
            accounts.Observe(Context.Api.Create(BuiltIn.ServiceAccounts, key, account, Name));
        }
        catch (ApiException there) when (there.Reason == "AlreadyExists")
        {
            // Somebody was quicker; all is well.
        }
    }
}
