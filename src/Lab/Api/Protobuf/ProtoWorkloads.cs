using Fields = System.Collections.Generic.IReadOnlyDictionary<int, Nemotron.Lab.Api.Protobuf.ProtoField>;

namespace Nemotron.Lab.Api.Protobuf;

/// <summary>As much of a Deployment as <c>kubectl create deployment</c> sends.</summary>
internal static class ProtoWorkloads
{
    public static readonly Fields LabelSelector = ProtoKinds.With(
        ProtoKinds.Of((1, "matchLabels", ProtoType.TextMap)),
        (2, new ProtoField("matchExpressions", ProtoType.Message, true, () => LabelSelectorRequirement!)));

    private static readonly Fields LabelSelectorRequirement = ProtoKinds.With(
        ProtoKinds.Of((1, "key", ProtoType.Text), (2, "operator", ProtoType.Text)),
        (3, new ProtoField("values", ProtoType.Text, true)));

    private static readonly Fields ContainerPort = ProtoKinds.Of(
        (1, "name", ProtoType.Text), (2, "hostPort", ProtoType.Integer), (3, "containerPort", ProtoType.Integer), (4, "protocol", ProtoType.Text));

    private static readonly Fields EnvVar = ProtoKinds.Of((1, "name", ProtoType.Text), (2, "value", ProtoType.Text));

    private static readonly Fields Resources = ProtoKinds.Of((1, "limits", ProtoType.MessageMap), (2, "requests", ProtoType.MessageMap));

    private static readonly Fields Container = ProtoKinds.With(
        ProtoKinds.Of((1, "name", ProtoType.Text), (2, "image", ProtoType.Text), (5, "workingDir", ProtoType.Text), (8, "resources", Resources), (14, "imagePullPolicy", ProtoType.Text)),
        (3, new ProtoField("command", ProtoType.Text, true)),
        (4, new ProtoField("args", ProtoType.Text, true)),
        (6, new ProtoField("ports", ProtoType.Message, true, () => ContainerPort)),
        (7, new ProtoField("env", ProtoType.Message, true, () => EnvVar)));

    private static readonly Fields PodSpec = ProtoKinds.With(
        ProtoKinds.Of((3, "restartPolicy", ProtoType.Text), (7, "nodeSelector", ProtoType.TextMap), (8, "serviceAccountName", ProtoType.Text)),
        (2, new ProtoField("containers", ProtoType.Message, true, () => Container)));

    public static Fields DeploymentSpec(Fields meta) => ProtoKinds.Of(
        (1, "replicas", ProtoType.Integer), (2, "selector", LabelSelector),
        (3, "template", ProtoKinds.Of((1, "metadata", meta), (2, "spec", PodSpec))));
}
