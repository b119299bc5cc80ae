using Microsoft.AspNetCore.Http;
using Nemotron.Lab.Api.Access;

namespace Nemotron.Lab.Api.Audit;

/// <summary>What is found out about one request on its way through the server, for the audit log.</summary>
internal sealed class RequestTrail(HttpContext http, AuditLog log, DateTimeOffset received)
{
    private static readonly UserInfo Unknown = new("", []);

    /// <summary>Who asks by its credentials; null until that is known.</summary>
    public UserInfo? Caller { get; set; }

    /// <summary>What is asked, by the user that the request counts for; null until that is known.</summary>
    public RequestAttributes? Request { get; set; }

    /// <summary>What the authorizer said; null until it was asked.</summary>
    public Verdict? Verdict { get; set; }

    /// <summary>The user that the request counts for.</summary>
    public UserInfo User => Request?.User ?? Caller ?? UserInfo.Anonymous;

    /// <summary>The trail of a request.</summary>
    public static RequestTrail? Of(HttpContext http) => http.Features.Get<RequestTrail>();

    /// <summary>Writes into the audit log that a watch has begun.</summary>
    public void Started(DateTimeOffset now) => log.Add(Event("ResponseStarted", 200, now));

    /// <summary>Writes into the audit log that the request is answered.</summary>
    public void Completed(int code, DateTimeOffset now) => log.Add(Event("ResponseComplete", code, now));

    private AuditEvent Event(string stage, int code, DateTimeOffset now)
    {
        string path = http.Request.Path.Value ?? "/";
        var request = Request ?? RequestAttributes.Of(Caller ?? Unknown, http.Request.Method, path, http.Request.Query);
        var caller = Caller ?? Unknown;
        return new AuditEvent
        {
            Stage = stage,
            Verb = request.Verb,
            ApiGroup = request.Group,
            ApiVersion = request.Version,
            Resource = request.Resource,
            Subresource = request.Subresource,
            Namespace = request.Namespace,
            Name = request.Name,
            RequestUri = path + http.Request.QueryString.Value,
            User = caller.Name,
            Groups = caller.Groups,
            ImpersonatedUser = ReferenceEquals(request.User, caller) ? null : request.User.Name,
            UserAgent = http.Request.Headers.UserAgent.ToString(),
            Code = code,
            Allowed = Verdict?.Allowed,
            Reason = Verdict?.Reason ?? "",
            Received = received,
            At = now,
        };
    }
}
