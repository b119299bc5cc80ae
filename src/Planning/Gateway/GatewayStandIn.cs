namespace Nemotron.Planning;

/// <summary>That a replica answers for others for now, whose Services point to it: which requests are theirs, and what their clients are told.</summary>
public sealed record GatewayStandIn
{
    /// <summary>What the clients of the others are told: who answers, such as <c>small (Nano)</c>.</summary>
    public required string ServedBy { get; init; }

    /// <summary>The namespace of the Services.</summary>
    public required string Namespace { get; init; }

    /// <summary>The Services that point here though they are another's.</summary>
    public required IReadOnlyList<string> Services { get; init; }

    /// <summary>
    /// Whether a request is one of theirs: by the host that its client called, <c>SERVICE</c> or <c>SERVICE.NAMESPACE</c> with whatever of the cluster's domain follows.
    /// One that came by an address or by a name from outside the cluster cannot be told from the replica's own.
    /// </summary>
    /// <param name="host">The host without its port.</param>
    public bool Answers(ReadOnlySpan<char> host)
    {
        var end = host.IndexOf('.');
        var service = end < 0 ? host : host[..end];
        if (end >= 0)
        {
            var rest = host[(end + 1)..];
            var domain = rest.IndexOf('.');
            if (!(domain < 0 ? rest : rest[..domain]).Equals(Namespace, StringComparison.OrdinalIgnoreCase)) return false;
        }

        foreach (var name in Services)
            if (service.Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(GatewayStandIn? other) => other is not null && (ServedBy, Namespace) == (other.ServedBy, other.Namespace) && Services.SequenceEqual(other.Services);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ServedBy, Namespace, Services.Count);
}
