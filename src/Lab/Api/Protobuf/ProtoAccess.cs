using Fields = System.Collections.Generic.IReadOnlyDictionary<int, Nemotron.Lab.Api.Protobuf.ProtoField>;

namespace Nemotron.Lab.Api.Protobuf;

/// <summary>The messages of roles, bindings and questions about access that kubectl sends as protobuf.</summary>
internal static class ProtoAccess
{
    private static readonly Fields PolicyRule = new Dictionary<int, ProtoField>
    {
        [1] = new("verbs", ProtoType.Text, true),
        [2] = new("apiGroups", ProtoType.Text, true),
        [3] = new("resources", ProtoType.Text, true),
        [4] = new("resourceNames", ProtoType.Text, true),
        [5] = new("nonResourceURLs", ProtoType.Text, true),
    };

    private static readonly Fields AggregationRule = new Dictionary<int, ProtoField>
    {
        [1] = new("clusterRoleSelectors", ProtoType.Message, true, () => ProtoWorkloads.LabelSelector),
    };

    private static readonly Fields Subject = ProtoKinds.Of((1, "kind", ProtoType.Text), (2, "apiGroup", ProtoType.Text), (3, "name", ProtoType.Text), (4, "namespace", ProtoType.Text));

    private static readonly Fields RoleRef = ProtoKinds.Of((1, "apiGroup", ProtoType.Text), (2, "kind", ProtoType.Text), (3, "name", ProtoType.Text));

    private static readonly Fields ResourceAttributes = ProtoKinds.Of(
        (1, "namespace", ProtoType.Text), (2, "verb", ProtoType.Text), (3, "group", ProtoType.Text), (4, "version", ProtoType.Text),
        (5, "resource", ProtoType.Text), (6, "subresource", ProtoType.Text), (7, "name", ProtoType.Text));

    private static readonly Fields NonResourceAttributes = ProtoKinds.Of((1, "path", ProtoType.Text), (2, "verb", ProtoType.Text));

    /// <summary><c>spec</c> of a SelfSubjectAccessReview.</summary>
    public static Fields SelfSubjectAccess { get; } = ProtoKinds.Of((1, "resourceAttributes", ResourceAttributes), (2, "nonResourceAttributes", NonResourceAttributes));

    /// <summary><c>spec</c> of a SubjectAccessReview.</summary>
    public static Fields SubjectAccess { get; } = ProtoKinds.With(
        SelfSubjectAccess,
        (3, new ProtoField("user", ProtoType.Text)),
        (4, new ProtoField("groups", ProtoType.Text, true)),
        (6, new ProtoField("uid", ProtoType.Text)));

    /// <summary><c>spec</c> of a TokenRequest.</summary>
    public static Fields TokenRequest { get; } = ProtoKinds.With(ProtoKinds.Of((4, "expirationSeconds", ProtoType.Integer)), (1, new ProtoField("audiences", ProtoType.Text, true)));

    /// <summary><c>spec</c> of a TokenReview.</summary>
    public static Fields TokenReview { get; } = ProtoKinds.With(ProtoKinds.Of((1, "token", ProtoType.Text)), (2, new ProtoField("audiences", ProtoType.Text, true)));

    /// <summary>A Role or ClusterRole.</summary>
    public static Fields Role(Fields metadata) => ProtoKinds.With(
        ProtoKinds.Of((1, "metadata", metadata), (3, "aggregationRule", AggregationRule)), (2, new ProtoField("rules", ProtoType.Message, true, () => PolicyRule)));

    /// <summary>A RoleBinding or ClusterRoleBinding.</summary>
    public static Fields Binding(Fields metadata) => ProtoKinds.With(
        ProtoKinds.Of((1, "metadata", metadata), (3, "roleRef", RoleRef)), (2, new ProtoField("subjects", ProtoType.Message, true, () => Subject)));
}
