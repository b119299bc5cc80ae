using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Defaults;

/// <summary>What the server fills into pods and pod templates when it reads them.</summary>
internal static class PodDefaults
{
    private const int ReadableByAll = 420; // 0644

    private static readonly string[] VolumeSources =
    [
        "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "fc",
        "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "image", "iscsi", "nfs", "persistentVolumeClaim",
        "photonPersistentDisk", "portworxVolume", "projected", "quobyte", "rbd", "scaleIO", "secret", "storageos", "vsphereVolume",
    ];

    /// <summary>A pod: what a template gets, and requests taken from limits, and service links.</summary>
    public static void Pod(JsonObject pod)
    {
        var spec = pod.Ensure("spec");
        PodSpec(spec);
        spec.Fill("enableServiceLinks", true);
        foreach (var container in Containers(spec))
        {
            if (container.ObjectAt("resources", "limits") is not { } limits) continue;
            var requests = container.Ensure("resources").Ensure("requests");
            foreach (var (resource, amount) in limits) requests.Fill(resource, amount!.DeepClone());
        }
    }

    /// <summary>The pod spec of a pod or template.</summary>
    public static void PodSpec(JsonObject spec)
    {
        spec.Fill("dnsPolicy", "ClusterFirst");
        spec.Fill("restartPolicy", "Always");
        spec.Fill("schedulerName", "default-scheduler");
        spec.Fill("securityContext", new JsonObject());
        spec.Fill("terminationGracePeriodSeconds", 30);
        foreach (var volume in spec.ObjectsAt("volumes")) Volume(volume);
        foreach (var container in Containers(spec)) Container(container, spec.IsTrueAt("hostNetwork"));
        foreach (var container in spec.ObjectsAt("ephemeralContainers")) Container(container, onHostNetwork: false);
    }

    private static IEnumerable<JsonObject> Containers(JsonObject spec) => spec.ObjectsAt("containers").Concat(spec.ObjectsAt("initContainers"));

    private static void Container(JsonObject container, bool onHostNetwork)
    {
        container.Fill("imagePullPolicy", PullPolicy(container.TextAt("image") ?? ""));
        container.Fill("terminationMessagePath", "/dev/termination-log");
        container.Fill("terminationMessagePolicy", "File");
        foreach (var port in container.ObjectsAt("ports"))
        {
            port.Fill("protocol", "TCP");
            if (onHostNetwork && port.NumberAt("containerPort") is { } number) port.Fill("hostPort", number);
        }
        foreach (var probe in new[] { "livenessProbe", "readinessProbe", "startupProbe" }) Probe(container.ObjectAt(probe));
        foreach (var hook in new[] { "postStart", "preStop" }) HttpGet(container.ObjectAt("lifecycle", hook, "httpGet"));
        foreach (var env in container.ObjectsAt("env")) env.ObjectAt("valueFrom", "fieldRef")?.Fill("apiVersion", "v1");
    }

    /// <summary>Always for a tag of <c>latest</c> or none, otherwise only if the image is not there.</summary>
    private static string PullPolicy(string image)
    {
        if (image.Contains('@', StringComparison.Ordinal)) return "IfNotPresent";
        var name = image[(image.LastIndexOf('/') + 1)..];
        var tag = name.Contains(':', StringComparison.Ordinal) ? name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..] : "latest";
        return tag == "latest" ? "Always" : "IfNotPresent";
    }

    private static void Probe(JsonObject? probe)
    {
        if (probe is null) return;
        probe.Fill("timeoutSeconds", 1);
        probe.Fill("periodSeconds", 10);
        probe.Fill("successThreshold", 1);
        probe.Fill("failureThreshold", 3);
        HttpGet(probe.ObjectAt("httpGet"));
        if (probe.ObjectAt("grpc") is { } grpc) grpc.Fill("service", "");
    }

    private static void HttpGet(JsonObject? get)
    {
        get?.Fill("path", "/");
        get?.Fill("scheme", "HTTP");
    }

    private static void Volume(JsonObject volume)
    {
        if (!VolumeSources.Any(volume.ContainsKey)) volume["emptyDir"] = new JsonObject();
        foreach (var source in new[] { "secret", "configMap", "projected", "downwardAPI" }) volume.ObjectAt(source)?.Fill("defaultMode", ReadableByAll);
        volume.ObjectAt("hostPath")?.Fill("type", "");
        foreach (var item in volume.ObjectsAt("downwardAPI", "items")) item.ObjectAt("fieldRef")?.Fill("apiVersion", "v1");
        foreach (var source in volume.ObjectsAt("projected", "sources"))
        {
            source.ObjectAt("serviceAccountToken")?.Fill("expirationSeconds", 3600);
            foreach (var item in source.ObjectsAt("downwardAPI", "items")) item.ObjectAt("fieldRef")?.Fill("apiVersion", "v1");
        }
        if (volume.ObjectAt("ephemeral", "volumeClaimTemplate", "spec") is { } claim) claim.Fill("volumeMode", "Filesystem");
    }
}
