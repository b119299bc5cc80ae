using Fields = System.Collections.Generic.IReadOnlyDictionary<int, Nemotron.Lab.Api.Protobuf.ProtoField>;

namespace Nemotron.Lab.Api.Protobuf;

/// <summary>The messages of the kinds that kubectl sends as protobuf, field by field as the API's <c>.proto</c> files number them.</summary>
internal static class ProtoKinds
{
    public static readonly Fields TimeFields = Of((1, "seconds", ProtoType.Integer), (2, "nanos", ProtoType.Integer));
    public static readonly Fields QuantityFields = Of((1, "string", ProtoType.Text));
    public static readonly Fields IntOrTextFields = Of((1, "type", ProtoType.Integer), (2, "int", ProtoType.Integer), (3, "text", ProtoType.Text));

    /// <summary><c>runtime.Unknown</c>: the envelope.</summary>
    public static readonly Fields Unknown = Of(
        (1, "typeMeta", Of((1, "apiVersion", ProtoType.Text), (2, "kind", ProtoType.Text))),
        (2, "raw", ProtoType.Bytes));

    private static readonly Fields OwnerReference = Of(
        (1, "kind", ProtoType.Text), (3, "name", ProtoType.Text), (4, "uid", ProtoType.Text), (5, "apiVersion", ProtoType.Text),
        (6, "controller", ProtoType.Boolean), (7, "blockOwnerDeletion", ProtoType.Boolean));

    private static readonly Fields Meta = With(Of(
        (1, "name", ProtoType.Text), (2, "generateName", ProtoType.Text), (3, "namespace", ProtoType.Text), (5, "uid", ProtoType.Text),
        (6, "resourceVersion", ProtoType.Text), (11, "labels", ProtoType.TextMap), (12, "annotations", ProtoType.TextMap)),
        (13, new ProtoField("ownerReferences", ProtoType.Message, true, () => OwnerReference)),
        (14, new ProtoField("finalizers", ProtoType.Text, true)));

    private static readonly Fields Preconditions = Of((1, "uid", ProtoType.Text), (2, "resourceVersion", ProtoType.Text));

    private static readonly Fields DeleteOptions = With(Of(
        (1, "gracePeriodSeconds", ProtoType.Integer), (2, "preconditions", Preconditions), (3, "orphanDependents", ProtoType.Boolean),
        (4, "propagationPolicy", ProtoType.Text)),
        (5, new ProtoField("dryRun", ProtoType.Text, true)));

    private static readonly Fields ObjectReference = Of(
        (1, "kind", ProtoType.Text), (2, "namespace", ProtoType.Text), (3, "name", ProtoType.Text), (4, "uid", ProtoType.Text), (5, "apiVersion", ProtoType.Text));

    /// <summary>The messages by apiVersion and kind.</summary>
    public static readonly IReadOnlyDictionary<(string ApiVersion, string Kind), Fields> Known = new Dictionary<(string, string), Fields>
    {
        [("v1", "Namespace")] = Of((1, "metadata", Meta)),
        [("v1", "ConfigMap")] = Of((1, "metadata", Meta), (2, "data", ProtoType.TextMap), (3, "binaryData", ProtoType.BytesMap), (4, "immutable", ProtoType.Boolean)),
        [("v1", "Secret")] = Of((1, "metadata", Meta), (2, "data", ProtoType.BytesMap), (3, "type", ProtoType.Text), (4, "stringData", ProtoType.TextMap), (5, "immutable", ProtoType.Boolean)),
        [("v1", "ServiceAccount")] = Of((1, "metadata", Meta)),
        [("v1", "Binding")] = Of((1, "metadata", Meta), (2, "target", ObjectReference)),
        [("v1", "DeleteOptions")] = DeleteOptions,
        [("policy/v1", "Eviction")] = Of((1, "metadata", Meta), (2, "deleteOptions", DeleteOptions)),
        [("policy/v1", "PodDisruptionBudget")] = Of((1, "metadata", Meta), (2, "spec", With(
            Of((1, "minAvailable", ProtoType.IntOrText), (3, "maxUnavailable", ProtoType.IntOrText)),
            (2, new ProtoField("selector", ProtoType.Message, false, () => ProtoWorkloads.LabelSelector))))),
        [("authorization.k8s.io/v1", "SelfSubjectAccessReview")] = Of((1, "metadata", Meta), (2, "spec", ProtoAccess.SelfSubjectAccess)),
        [("authorization.k8s.io/v1", "SubjectAccessReview")] = Of((1, "metadata", Meta), (2, "spec", ProtoAccess.SubjectAccess)),
        [("authorization.k8s.io/v1", "LocalSubjectAccessReview")] = Of((1, "metadata", Meta), (2, "spec", ProtoAccess.SubjectAccess)),
        [("authentication.k8s.io/v1", "TokenRequest")] = Of((1, "metadata", Meta), (2, "spec", ProtoAccess.TokenRequest)),
        [("authentication.k8s.io/v1", "TokenReview")] = Of((1, "metadata", Meta), (2, "spec", ProtoAccess.TokenReview)),
        [("rbac.authorization.k8s.io/v1", "Role")] = ProtoAccess.Role(Meta),
        [("rbac.authorization.k8s.io/v1", "ClusterRole")] = ProtoAccess.Role(Meta),
        [("rbac.authorization.k8s.io/v1", "RoleBinding")] = ProtoAccess.Binding(Meta),
        [("rbac.authorization.k8s.io/v1", "ClusterRoleBinding")] = ProtoAccess.Binding(Meta),
        [("authorization.k8s.io/v1", "SelfSubjectRulesReview")] = Of((1, "metadata", Meta), (2, "spec", Of((1, "namespace", ProtoType.Text)))),
        [("authentication.k8s.io/v1", "SelfSubjectReview")] = Of((1, "metadata", Meta)),
        [("apps/v1", "Deployment")] = Of((1, "metadata", Meta), (2, "spec", ProtoWorkloads.DeploymentSpec(Meta))),
    };

    public static Fields Of(params (int Number, string Name, object What)[] fields) => fields.ToDictionary(
        f => f.Number,
        f => f.What is ProtoType type ? new ProtoField(f.Name, type) : new ProtoField(f.Name, ProtoType.Message, false, () => (Fields)f.What));

    public static Fields With(Fields fields, params (int Number, ProtoField Field)[] more) =>
        fields.Concat(more.Select(m => KeyValuePair.Create(m.Number, m.Field))).ToDictionary(f => f.Key, f => f.Value);
}
