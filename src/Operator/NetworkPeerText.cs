using System.Text.Json;
using k8s.Models;

namespace Nemotron.Operator;

/// <summary>A peer of a NetworkPolicy on the command line: JSON with namespaceSelector and podSelector.</summary>
internal static class NetworkPeerText
{
    private const string Expected = "must be JSON such as {\"namespaceSelector\":{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"monitoring\"}}}";

    private static readonly JsonSerializerOptions Strict = new() { UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    /// <summary>What is wrong with a text, as what follows the option's name; null where nothing is.</summary>
    public static string? Fault(string text)
    {
        try
        {
            // Without a selector it would be everybody, or an address that is not a pod's.
            return Read(text) is { IpBlock: null } peer && (peer.NamespaceSelector ?? peer.PodSelector) is not null ? null : $"{Expected}: it has neither namespaceSelector nor podSelector.";
        }
        catch (JsonException error)
        {
            return $"{Expected}: {error.Message}";
        }
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="JsonException">It is not such JSON.</exception>
    public static V1NetworkPolicyPeer? Read(string text) => JsonSerializer.Deserialize<V1NetworkPolicyPeer>(text, Strict);
}
