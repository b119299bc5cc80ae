using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nemotron.Lab.Controllers;
using Gvr = Nemotron.Lab.Api.Gvr;

namespace Nemotron.Lab.Nodes;

/// <summary>What a kubelet gives a container from elsewhere: its environment, its mounted files, and its command line with variables expanded.</summary>
/// <param name="get">Reads an object of the API; null when it is not there.</param>
internal sealed partial class ContainerInputs(Func<Gvr, string?, string, JsonObject?> get)
{
    /// <summary>The first thing that keeps a pod's containers from being made, or null: a ConfigMap or Secret that is not there, or lacks a key.</summary>
    /// <param name="pod">The pod as served.</param>
    public HeldBack? Missing(JsonObject pod)
    {
        foreach (var volume in pod.Items("spec", "volumes"))
        {
            foreach (var (kind, resource, name, optional) in Sources(volume))
            {
                if (!optional && get(resource, pod.Namespace(), name) is null)
                    return new("ContainerCreating", $"MountVolume.SetUp failed for volume \"{volume.Text("name")}\" : {kind} \"{name}\" not found");
            }
        }

        foreach (var container in pod.Items("spec", "initContainers").Concat(pod.Items("spec", "containers")))
        {
            foreach (var variable in container.Items("env"))
            {
                if (Reference(variable) is not { } from || from.Optional) continue;
                if (get(from.Resource, pod.Namespace(), from.Name) is not { } source) return new("CreateContainerConfigError", $"{from.Kind} \"{from.Name}\" not found");
                if (Value(source, from.Key) is null) return new("CreateContainerConfigError", $"couldn't find key {from.Key} in {from.Kind} {pod.Namespace()}/{from.Name}");
            }

            foreach (var (kind, resource, name, optional) in container.Items("envFrom").SelectMany(WholeSources))
            {
                if (!optional && get(resource, pod.Namespace(), name) is null) return new("CreateContainerConfigError", $"{kind} \"{name}\" not found");
            }
        }

        return null;
    }

    /// <summary>The environment of a container.</summary>
    /// <param name="pod">The pod as served.</param>
    /// <param name="container">The container.</param>
    /// <param name="podIp">The pod's address, for the downward API.</param>
    public Dictionary<string, string> Environment(JsonObject pod, JsonObject container, string podIp)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var source in container.Items("envFrom"))
        {
            var prefix = source.Text("prefix") ?? "";
            foreach (var (_, resource, name, _) in WholeSources(source))
            {
                foreach (var (key, value) in Data(get(resource, pod.Namespace(), name))) all[prefix + key] = value;
            }
        }

        foreach (var variable in container.Items("env"))
        {
            var name = variable.Text("name") ?? "";
            if (Reference(variable) is { } from)
            {
                if (Value(get(from.Resource, pod.Namespace(), from.Name), from.Key) is { } value) all[name] = value;
            }
            else if (variable.Text("valueFrom", "fieldRef", "fieldPath") is { } path)
            {
                all[name] = Field(pod, path, podIp);
            }
            else
            {
                all[name] = Expand(variable.Text("value") ?? "", all);
            }
        }

        return all;
    }

    /// <summary>The text files that ConfigMaps and Secrets put into a container, by absolute path.</summary>
    /// <param name="pod">The pod as served.</param>
    /// <param name="container">The container.</param>
    public Dictionary<string, string> Files(JsonObject pod, JsonObject container)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var mount in container.Items("volumeMounts"))
        {
            if (pod.Items("spec", "volumes").FirstOrDefault(volume => volume.Text("name") == mount.Text("name")) is not { } volume) continue;
            var folder = (mount.Text("mountPath") ?? "").TrimEnd('/');
            var single = mount.Text("subPath");
            foreach (var (path, text) in Contents(pod.Namespace(), volume))
            {
                if (single is null) files[$"{folder}/{path}"] = text;
                else if (path == single) files[folder] = text;
            }
        }

        return files;
    }

    /// <summary>The ConfigMaps and Secrets that a pod mounts, as <c>configmap/NAMESPACE/NAME</c>.</summary>
    public static IEnumerable<string> Mounted(JsonObject pod) =>
        pod.Items("spec", "volumes").SelectMany(Sources).Select(source => $"{source.Kind}/{pod.Namespace()}/{source.Name}");

    /// <summary>Command and arguments, with <c>$(NAME)</c> replaced as the kubelet does.</summary>
    public static IReadOnlyList<string> CommandLine(JsonObject container, IReadOnlyDictionary<string, string> environment) =>
        [.. container.Texts("command").Concat(container.Texts("args")).Select(word => Expand(word, environment))];

    private IEnumerable<(string Path, string Text)> Contents(string? ns, JsonObject volume)
    {
        foreach (var part in volume.Obj("projected") is { } projected ? projected.Items("sources") : [volume])
        {
            foreach (var (_, resource, name, _) in Sources(part))
            {
                var data = Data(get(resource, ns, name));
                var chosen = (part.Obj("configMap") ?? part.Obj("secret")).Items("items").ToList();
                if (chosen.Count == 0)
                {
                    foreach (var (key, text) in data) yield return (key, text);
                }

                foreach (var item in chosen)
                {
                    if (data.TryGetValue(item.Text("key") ?? "", out var text)) yield return (item.Text("path") ?? "", text);
                }
            }
        }
    }

    private static IEnumerable<(string Kind, Gvr Resource, string Name, bool Optional)> Sources(JsonObject volume)
    {
        foreach (var part in volume.Obj("projected") is { } projected ? projected.Items("sources") : [volume])
        {
            if (part.Obj("configMap") is { } map) yield return ("configmap", BuiltIn.ConfigMaps, map.Text("name") ?? "", map.Flag("optional"));
            if (part.Obj("secret") is { } secret) yield return ("secret", BuiltIn.Secrets, secret.Text("secretName") ?? secret.Text("name") ?? "", secret.Flag("optional"));
        }
    }

    private static IEnumerable<(string Kind, Gvr Resource, string Name, bool Optional)> WholeSources(JsonObject source)
    {
        if (source.Obj("configMapRef") is { } map) yield return ("configmap", BuiltIn.ConfigMaps, map.Text("name") ?? "", map.Flag("optional"));
        if (source.Obj("secretRef") is { } secret) yield return ("secret", BuiltIn.Secrets, secret.Text("name") ?? "", secret.Flag("optional"));
    }

    private static (string Kind, Gvr Resource, string Name, string Key, bool Optional)? Reference(JsonObject variable)
    {
        if (variable.Obj("valueFrom", "configMapKeyRef") is { } map) return ("configmap", BuiltIn.ConfigMaps, map.Text("name") ?? "", map.Text("key") ?? "", map.Flag("optional"));
        if (variable.Obj("valueFrom", "secretKeyRef") is { } secret) return ("secret", BuiltIn.Secrets, secret.Text("name") ?? "", secret.Text("key") ?? "", secret.Flag("optional"));
        return null;
    }

    private static string? Value(JsonObject? source, string key) => Data(source).GetValueOrDefault(key);

    private static Dictionary<string, string> Data(JsonObject? source)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        var secret = source.Text("kind") == "Secret";
        foreach (var (key, value) in source.Obj("data") ?? [])
        {
            if (value.Text() is { } text) texts[key] = secret ? Decode(text) : text;
        }

        return texts;
    }

    private static string Decode(string text)
    {
        var bytes = new byte[(text.Length * 3 / 4) + 3];
        return Convert.TryFromBase64String(text, bytes, out var written) ? Encoding.UTF8.GetString(bytes, 0, written) : text;
    }

    private static string Field(JsonObject pod, string path, string podIp) => path switch
    {
        "metadata.name" => pod.Name(),
        "metadata.namespace" => pod.Namespace() ?? "",
        "metadata.uid" => pod.Uid(),
        "spec.nodeName" => pod.Text("spec", "nodeName") ?? "",
        "spec.serviceAccountName" => pod.Text("spec", "serviceAccountName") ?? "",
        "status.podIP" or "status.podIPs" => podIp,
        "status.hostIP" => pod.Text("status", "hostIP") ?? "",
        _ when Keyed().Match(path) is { Success: true } keyed => pod.Text("metadata", keyed.Groups[1].Value, keyed.Groups[2].Value) ?? "",
        _ => "",
    };

    private static string Expand(string text, IReadOnlyDictionary<string, string> environment) =>
        text.Contains("$(", StringComparison.Ordinal)
            ? Variable().Replace(text, match => match.Value[1] == '$' ? match.Value[1..] : environment.GetValueOrDefault(match.Groups[1].Value, match.Value))
            : text;

    [GeneratedRegex(@"\$?\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^metadata\.(labels|annotations)\['(.+)'\]$")]
    private static partial Regex Keyed();
}
