using Microsoft.AspNetCore.Http;
using Nemotron.Lab.Api.Audit;

namespace Nemotron.Lab.Api.Access;

/// <summary>Who may use the server: authentication, acting as another, authorization.</summary>
internal sealed class AccessControl(Authenticator authenticator, IAuthorizer authorizer, ServiceAccountTokens tokens)
{
    public Authenticator Authenticator => authenticator;

    public IAuthorizer Authorizer => authorizer;

    public ServiceAccountTokens Tokens => tokens;

    /// <summary>Lets a request in, and notes on its trail whose it is and why.</summary>
    /// <exception cref="ApiException">401 or 403.</exception>
    public void Admit(HttpContext http, string path, RequestTrail trail)
    {
        var caller = authenticator.Identify(http);
        trail.Caller = caller;
        var user = Impersonation.Of(caller, http.Request.Headers, authorizer) ?? caller;
        var request = RequestAttributes.Of(user, http.Request.Method, path, http.Request.Query);
        trail.Request = request;
        var verdict = authorizer.Authorize(request);
        trail.Verdict = verdict;
        if (!verdict.Allowed) throw AccessErrors.Forbidden(request, verdict.Reason);
    }

    /// <summary>Ensures that a user who patches what is not there may create it. Null, the Lab's own controllers, may.</summary>
    /// <exception cref="ApiException">403.</exception>
    public void EnsureMayCreate(WriteRequest request)
    {
        if (request.User is not { } user) return;
        var gvr = request.Resource.Gvr;
        var verdict = authorizer.Authorize(new RequestAttributes(user, "create")
        {
            IsResource = true,
            Group = gvr.Group,
            Version = gvr.Version,
            Resource = gvr.Plural,
            Namespace = request.Namespace ?? "",
            Name = request.Name,
        });
        // The real server names no verb here, and its sentence ends with the colon.
        if (!verdict.Allowed) throw AccessErrors.Forbidden(gvr.Group, gvr.Plural, request.Name, verdict.Reason);
    }
}
