namespace Nemotron.Lab.Api.Access;

/// <summary>Whether a request is allowed, and why.</summary>
/// <param name="Allowed">Whether it is.</param>
/// <param name="Reason">The rule that allows it, or what kept rules from being found; often empty.</param>
internal readonly record struct Verdict(bool Allowed, string Reason);

/// <summary>Decides what may be done.</summary>
internal interface IAuthorizer
{
    /// <summary>Decides about one request.</summary>
    Verdict Authorize(RequestAttributes request);

    /// <summary>The rules that hold for a user in a namespace, and what kept others from being found.</summary>
    (IReadOnlyList<PolicyRule> Rules, IReadOnlyList<string> Errors) RulesFor(UserInfo user, string ns);
}

/// <summary>Everybody may do everything.</summary>
internal sealed class AlwaysAllow : IAuthorizer
{
    private static readonly PolicyRule[] Everything = [new() { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }, new() { Verbs = ["*"], NonResourceUrls = ["*"] }];

    public Verdict Authorize(RequestAttributes request) => new(true, "");

    public (IReadOnlyList<PolicyRule> Rules, IReadOnlyList<string> Errors) RulesFor(UserInfo user, string ns) => (Everything, []);
}
