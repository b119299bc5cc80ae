using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds.Defaults;
using Nemotron.Lab.Kinds.Tables;
using Nemotron.Lab.Kinds.Validation;
using Nemotron.Lab.Kinds.Writing;

namespace Nemotron.Lab.Kinds;

/// <summary>What is special about one built-in kind.</summary>
internal sealed record KindRules
{
    /// <summary>Fills absent fields when an object is read.</summary>
    public Action<JsonObject>? Default { get; init; }

    /// <summary>Sets what the server decides about a new object.</summary>
    public Action<JsonObject, WriteSurroundings>? Create { get; init; }

    /// <summary>Keeps, over an update, what the server had decided.</summary>
    public Action<JsonObject, JsonObject, WriteSurroundings>? Update { get; init; }

    /// <summary>Finds faults beyond those of metadata.</summary>
    public Action<JsonObject, JsonObject?, Faults>? Validate { get; init; }

    /// <summary>How objects may be called.</summary>
    public NameRule Names { get; init; } = NameRule.Subdomain;

    /// <summary>How objects are shown.</summary>
    public IReadOnlyList<TableColumn> Columns { get; init; } = PlainColumns.NameAndAge;

    private static readonly KindRules Nothing = new();

    private static readonly KindRules Role = new() { Validate = PlainValidation.Role, Names = NameRule.PathSegment, Columns = PlainColumns.NameAndCreation };

    private static readonly KindRules RoleBinding = new()
    {
        Default = PlainDefaults.RoleBinding,
        Validate = PlainValidation.RoleBinding,
        Names = NameRule.PathSegment,
        Columns = PlainColumns.RoleBinding,
    };

    private static readonly KindRules Webhooks = new()
    {
        Default = PlainDefaults.Webhooks,
        Validate = PlainValidation.Webhooks,
        Columns = PlainColumns.Webhooks,
    };

    /// <summary>The rules of a kind; those of a plain one when there are none.</summary>
    public static KindRules Of(string group, string kind) => kind switch
    {
        "Namespace" => new()
        {
            Default = PlainDefaults.Namespace,
            Create = (obj, _) => CreateRules.Namespace(obj),
            Names = NameRule.Label,
            Columns = PlainColumns.Namespace,
        },
        "Node" => new()
        {
            Default = PlainDefaults.Node,
            Create = (obj, _) => CreateRules.Node(obj),
            Validate = PlainValidation.Node,
            Columns = NodeColumns.All,
        },
        "Pod" => new() { Default = PodDefaults.Pod, Create = PodAdmission.Create, Validate = Pod, Columns = PodColumns.All },
        "Service" => new()
        {
            Default = ServiceDefaults.Service,
            Create = ServiceAddresses.Create,
            Update = ServiceAddresses.Update,
            Validate = ServiceValidation.Check,
            Names = NameRule.Dns1035Label,
            Columns = NetworkColumns.Service,
        },
        "ConfigMap" => new() { Validate = PlainValidation.ConfigMap, Columns = PlainColumns.ConfigMap },
        "Secret" => new() { Default = PlainDefaults.Secret, Validate = PlainValidation.Secret, Columns = PlainColumns.Secret },
        "ServiceAccount" => new() { Columns = PlainColumns.ServiceAccount },
        "PersistentVolumeClaim" => new()
        {
            Default = PlainDefaults.PersistentVolumeClaim,
            Create = CreateRules.Claim,
            Validate = PlainValidation.PersistentVolumeClaim,
            Columns = PlainColumns.PersistentVolumeClaim,
        },
        "PersistentVolume" => new()
        {
            Default = PlainDefaults.PersistentVolume,
            Create = (obj, _) => CreateRules.Volume(obj),
            Columns = PlainColumns.PersistentVolume,
        },
        "Event" => new() { Validate = group.Length == 0 ? EventValidation.Core : EventValidation.Events, Columns = PlainColumns.Event },
        "Endpoints" => new() { Default = PlainDefaults.Endpoints, Columns = NetworkColumns.Endpoints },
        "EndpointSlice" => new() { Default = PlainDefaults.EndpointSlice, Columns = NetworkColumns.EndpointSlice },
        "ResourceQuota" => new() { Columns = PlainColumns.ResourceQuota },
        "LimitRange" => new() { Default = PlainDefaults.LimitRange, Columns = PlainColumns.NameAndCreation },
        "Deployment" => new() { Default = WorkloadDefaults.Deployment, Validate = WorkloadValidation.Deployment, Columns = WorkloadColumns.Deployment },
        "ReplicaSet" => new() { Default = WorkloadDefaults.ReplicaSet, Validate = WorkloadValidation.ReplicaSet, Columns = WorkloadColumns.ReplicaSet },
        "StatefulSet" => new() { Default = WorkloadDefaults.StatefulSet, Validate = WorkloadValidation.StatefulSet, Columns = WorkloadColumns.StatefulSet },
        "DaemonSet" => new() { Default = WorkloadDefaults.DaemonSet, Validate = WorkloadValidation.DaemonSet, Columns = WorkloadColumns.DaemonSet },
        "ControllerRevision" => new() { Columns = PlainColumns.ControllerRevision },
        "Job" => new()
        {
            Default = WorkloadDefaults.Job,
            Create = (obj, _) => CreateRules.Job(obj),
            Validate = WorkloadValidation.Job,
            Columns = WorkloadColumns.Job,
        },
        "CronJob" => new() { Default = WorkloadDefaults.CronJob, Validate = WorkloadValidation.CronJob, Columns = WorkloadColumns.CronJob },
        "PodDisruptionBudget" => new() { Validate = PlainValidation.PodDisruptionBudget, Columns = PlainColumns.PodDisruptionBudget },
        "Lease" => new() { Validate = PlainValidation.Lease, Columns = PlainColumns.Lease },
        "Role" or "ClusterRole" => Role,
        "RoleBinding" or "ClusterRoleBinding" => RoleBinding,
        "NetworkPolicy" => new() { Default = PlainDefaults.NetworkPolicy, Columns = NetworkColumns.NetworkPolicy },
        "Ingress" => new() { Validate = PlainValidation.Ingress, Columns = NetworkColumns.Ingress },
        "StorageClass" => new() { Default = PlainDefaults.StorageClass, Validate = PlainValidation.StorageClass, Columns = PlainColumns.StorageClass },
        "PriorityClass" => new() { Default = PlainDefaults.PriorityClass, Validate = PlainValidation.PriorityClass, Columns = PlainColumns.PriorityClass },
        "HorizontalPodAutoscaler" => new()
        {
            Default = PlainDefaults.HorizontalPodAutoscaler,
            Validate = PlainValidation.HorizontalPodAutoscaler,
            Columns = PlainColumns.HorizontalPodAutoscaler,
        },
        "ValidatingWebhookConfiguration" or "MutatingWebhookConfiguration" => Webhooks,
        "CustomResourceDefinition" => new()
        {
            Default = PlainDefaults.CustomResourceDefinition,
            Create = (obj, _) => CreateRules.CustomResourceDefinition(obj),
            Columns = PlainColumns.NameAndCreation,
        },
        _ => Nothing,
    };

    private static void Pod(JsonObject obj, JsonObject? old, Faults faults)
    {
        PodValidation.CheckSpec(obj.ObjectAt("spec") ?? [], "spec", faults);
        if (old is not null) PodUpdateValidation.Check(obj, old, faults);
    }
}
