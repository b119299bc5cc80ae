using System.Text.Json.Nodes;
using Nemotron.Controllers;
using Nemotron.Kube;
using Nemotron.Lab.Api;
using YamlDotNet.Serialization;

namespace Nemotron.Chaos.Tests;

/// <summary>NemotronDeployments under the operator's real controllers.</summary>
internal sealed class ModelSubject : Subject
{
    private const string Namespace = "default";
    private const string Manager = "user";
    private const string Ours = "app.kubernetes.io/managed-by=nemotron-operator";
    private static readonly Gvr Definitions = new("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    private static readonly Gvr Pools = new("serving.nemotron.dev", "v1alpha1", "gpunodepools");
    private static readonly Gvr Models = new("serving.nemotron.dev", "v1alpha1", "nemotrondeployments");
    private static readonly Gvr[] Kinds =
        [new("apps", "v1", "deployments"), new("", "v1", "services"), new("", "v1", "configmaps"), new("", "v1", "serviceaccounts"), new("policy", "v1", "poddisruptionbudgets")];

    public override string Nodes => "8xH100:8";

    public override int Objects => 30;

    public override bool MayLoseData => false;

    // Five children and a few words of status as pods come; pods of a changed template go through the same again. The pool counts on the side.
    public override int WritesPerChange => 24;

    public override void AddTo(IOperatorBuilder builder) => builder.AddNemotronControllers();

    public override void Install(IApi api)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "config", "crd"), "serving.*.yaml"))
        {
            api.Create(Definitions, null, FromYaml(File.ReadAllText(file)), Manager);
        }

        api.Create(Pools, null, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "h100" },
            ["spec"] = new JsonObject { ["nodeSelector"] = new JsonObject { ["nvidia.com/gpu.product"] = "NVIDIA-H100-80GB-HBM3" } },
        }, Manager);
    }

    public override void Create(IApi api, int number)
    {
        if (api.Get(Models, Namespace, Name(number)) is not null) return;
        Try(() => api.Create(Models, Namespace, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = Name(number), ["namespace"] = Namespace },
            ["spec"] = new JsonObject { ["model"] = "Nano", ["tensorParallel"] = 1, ["maxContextTokens"] = 8192, ["replicas"] = 1 },
        }, Manager));
    }

    public override void Change(IApi api, int number, int value) => Try(() => api.MergePatch(
        Models, Namespace, Name(number), new JsonObject { ["spec"] = new JsonObject { ["maxContextTokens"] = 1024 + value } }, Manager));

    public override void Delete(IApi api, int number) => Try(() => api.Delete(Models, Namespace, Name(number)));

    public override void Drift(IApi api, int number)
    {
        // The operator's label is somebody's to take off: then the child is out of its sight, and must come back.
        foreach (var child in ChildrenOf(api, Kinds[2], number))
        {
            Try(() => api.MergePatch(Kinds[2], Namespace, child.Name()!,
                new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = null } } }, Manager));
        }
    }

    public override void RemoveChild(IApi api, int number)
    {
        foreach (var child in ChildrenOf(api, Kinds[2], number)) Try(() => api.Delete(Kinds[2], Namespace, child.Name()!));
    }

    public override string? Unsettled(IApi api, IReadOnlySet<int> alive)
    {
        var models = api.List(Models).Items.ToDictionary(model => model.Name()!);
        if (models.Keys.Except(alive.Select(Name)).FirstOrDefault() is { } surplus) return $"{surplus} is still there";
        foreach (var number in alive)
        {
            if (!models.TryGetValue(Name(number), out var model)) return $"{Name(number)} is not there";
            var ready = model["status"]?["conditions"]?.AsArray().FirstOrDefault(condition => condition!["type"]!.ToString() == "Ready");
            if (ready?["status"]?.ToString() != "True" || ready["observedGeneration"]?.ToString() != model["metadata"]!["generation"]!.ToString()) return $"{Name(number)}: {ready?["message"]}";
        }

        foreach (var kind in Kinds)
        {
            var children = api.List(kind, Namespace, Ours).Items;
            if (children.Count != alive.Count) return $"{children.Count} {kind.Plural} of {alive.Count}";
            foreach (var child in children)
            {
                if (child["metadata"]!["ownerReferences"]?.AsArray() is not [var owner]
                    || !models.TryGetValue(owner!["name"]!.ToString(), out var model) || model["metadata"]!["uid"]!.ToString() != owner["uid"]!.ToString())
                {
                    return $"{kind.Plural}/{child.Name()} has not one owner that lives";
                }
            }
        }

        return null;
    }

    private static string Name(int number) => $"m{number:00}";

    private static IEnumerable<JsonObject> ChildrenOf(IApi api, Gvr kind, int number) =>
        api.List(kind, Namespace, Ours).Items.Where(child => child["metadata"]!["ownerReferences"]?[0]?["name"]?.ToString() == Name(number));

    private static JsonObject FromYaml(string yaml) => JsonNode.Parse(
        new SerializerBuilder().JsonCompatible().Build().Serialize(
            new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(yaml)!))!.AsObject();
}
