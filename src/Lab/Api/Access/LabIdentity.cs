namespace Nemotron.Lab.Api.Access;

/// <summary>As whom a kubeconfig speaks to the Lab.</summary>
public abstract record LabIdentity
{
    private LabIdentity()
    {
    }

    /// <summary>The administrator, who may do everything, by a token.</summary>
    public static LabIdentity Admin { get; } = new AdminIdentity();

    /// <summary>A service account that is there, by a token of its own that is good for ten years of the Lab's time.</summary>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Its name.</param>
    public static LabIdentity ServiceAccount(string ns, string name) => new AccountIdentity(ns, name);

    /// <summary>A user of any name, by a client certificate; over HTTPS only.</summary>
    /// <param name="user">The user.</param>
    /// <param name="groups">The groups.</param>
    public static LabIdentity Certificate(string user, params string[] groups) => new CertificateIdentity(user, groups);

    internal sealed record AdminIdentity : LabIdentity;

    internal sealed record AccountIdentity(string Namespace, string Name) : LabIdentity;

    internal sealed record CertificateIdentity(string User, IReadOnlyList<string> Groups) : LabIdentity;
}
