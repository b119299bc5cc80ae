using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Writing;

/// <summary>Hands out what must be unique in the cluster.</summary>
internal interface IServiceAllocator
{
    /// <summary>A cluster IP that no Service has.</summary>
    string NextClusterIp();

    /// <summary>A node port (30000-32767) that no Service has.</summary>
    int NextNodePort();
}

/// <summary>What a write needs to know beside the object. Pure: everything comes from the caller.</summary>
/// <param name="Services">Addresses for Services.</param>
/// <param name="PriorityClass">The PriorityClass of a name, or null when there is none; asked with null for the cluster's default class.</param>
/// <param name="DefaultStorageClass">The name of the StorageClass for claims that name none, or null when there is no default.</param>
internal sealed record WriteSurroundings(IServiceAllocator Services, Func<string?, JsonObject?> PriorityClass, Func<string?> DefaultStorageClass);
