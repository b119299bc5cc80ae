using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>Pods by their controlling owner; adoption of orphans and release of pods that no longer match.</summary>
internal sealed class OwnedPods
{
    private readonly ControllerContext context;
    private readonly Informer pods;
    private readonly ObjectIndex byOwner;
    private readonly LabelIndex orphans;

    /// <summary>Indexes the shared pods.</summary>
    public OwnedPods(ControllerContext context)
    {
        this.context = context;
        pods = context.Informers.For(BuiltIn.Pods);
        byOwner = pods.AddIndex(pod => pod.ControllerUid() is { } uid ? [uid] : []);
        orphans = new(pods, pod => pod.ControllerRef() is null);
    }

    /// <summary>The pods an object controls, those on their way out included.</summary>
    public IReadOnlyList<JsonObject> Of(JsonObject owner) => byOwner[owner.Uid()];

    /// <summary>Adopts matching orphans and releases owned pods whose labels no longer match.</summary>
    /// <param name="owner">Who claims.</param>
    /// <param name="apiVersion">Its version.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="selector">Which labels match.</param>
    /// <param name="fieldManager">Who writes.</param>
    /// <param name="fits">What else a pod must be like; null for nothing.</param>
    public void Claim(JsonObject owner, string apiVersion, string kind, LabelSelector selector, string fieldManager, Func<JsonObject, bool>? fits = null)
    {
        foreach (var pod in orphans.Matching(owner.Namespace(), selector))
        {
            var facts = PodFacts.From(pod);
            if (facts.Active && fits?.Invoke(pod) != false) WriteOwners(pod, [.. Others(pod, owner), PodTemplates.ControllerReference(owner, apiVersion, kind)], fieldManager);
        }

        foreach (var pod in byOwner[owner.Uid()])
        {
            if (!pod.IsDeleting() && !selector.Matches(pod)) WriteOwners(pod, Others(pod, owner), fieldManager);
        }
    }

    private static List<JsonObject> Others(JsonObject pod, JsonObject owner) =>
        [.. pod.Items("metadata", "ownerReferences").Where(reference => reference.Text("uid") != owner.Uid()).Select(reference => reference.Copy())];

    private void WriteOwners(JsonObject pod, List<JsonObject> owners, string fieldManager)
    {
        try
        {
            var patch = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["uid"] = pod.Uid(),
                    ["resourceVersion"] = pod.Text("metadata", "resourceVersion"),
                    ["ownerReferences"] = owners.Count == 0 ? null : new JsonArray([.. owners]),
                },
            };
            pods.Observe(context.Api.MergePatch(BuiltIn.Pods, pod.Namespace(), pod.Name(), patch, fieldManager));
        }
        catch (ApiException refused) when (refused.Code is 404 or 409)
        {
            // It changed or went away meanwhile; its own event brings us back.
        }
    }
}
