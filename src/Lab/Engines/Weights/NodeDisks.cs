using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Engines;

/// <summary>What simulated downloads have left on the nodes' disks, by node and path there. Thread-safe.</summary>
internal sealed class NodeDisks
{
    private readonly ConcurrentDictionary<(string Node, string Path), bool> folders = new();
    private readonly ConcurrentDictionary<(string Node, string Path), SemaphoreSlim> locks = new();

    /// <summary>Whether a folder is on a node's disk.</summary>
    public bool Has(string node, string path) => folders.ContainsKey((node, path));

    /// <summary>Puts a folder there.</summary>
    public void Put(string node, string path) => folders[(node, path)] = true;

    /// <summary>The lock under which one at a time puts it there.</summary>
    public SemaphoreSlim LockOf(string node, string path) => locks.GetOrAdd((node, path), static _ => new(1));

    /// <summary>Forgets a node that is gone: another of its name has an empty disk.</summary>
    public void Forget(string node)
    {
        foreach (var (known, path) in folders.Keys.Where(key => key.Node == node)) folders.TryRemove((known, path), out _);
    }

    /// <summary>Where a path in a container lies on the node's disk; null where no directory of the node is mounted there.</summary>
    /// <param name="pod">The pod as served.</param>
    /// <param name="container">The container.</param>
    /// <param name="path">The path.</param>
    public static string? PathOnNode(JsonObject pod, JsonObject container, string path)
    {
        foreach (var mount in container.Items("volumeMounts"))
        {
            var at = (mount.Text("mountPath") ?? "").TrimEnd('/');
            if (at.Length == 0 || (path != at && !path.StartsWith(at + "/", StringComparison.Ordinal))) continue;
            var volume = pod.Items("spec", "volumes").FirstOrDefault(volume => volume.Text("name") == mount.Text("name"));
            return volume.Text("hostPath", "path") is { } host ? host.TrimEnd('/') + path[at.Length..] : null;
        }

        return null;
    }
}
