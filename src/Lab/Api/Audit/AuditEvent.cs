using System.Text.Json.Nodes;
using Nemotron.Lab.Api.Access;

namespace Nemotron.Lab.Api.Audit;

/// <summary>What a request asked, who asked it, and what came of it; as far as the audit level <c>Metadata</c> goes.</summary>
public sealed record AuditEvent
{
    /// <summary><c>ResponseStarted</c> for a watch that has begun, <c>ResponseComplete</c> for an answer that is given.</summary>
    public required string Stage { get; init; }

    /// <summary><c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>update</c>, <c>patch</c>, <c>delete</c>, <c>deletecollection</c>; for other paths the method in small letters.</summary>
    public required string Verb { get; init; }

    /// <summary>The API group; empty for the core group and where no resource is asked for.</summary>
    public string ApiGroup { get; init; } = "";

    /// <summary>The API version, or empty.</summary>
    public string ApiVersion { get; init; } = "";

    /// <summary>The resource, or empty.</summary>
    public string Resource { get; init; } = "";

    /// <summary>The subresource, or empty.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>The namespace, or empty.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The object's name, or empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>Path and query.</summary>
    public required string RequestUri { get; init; }

    /// <summary>Who asked; empty when the credentials were not good.</summary>
    public required string User { get; init; }

    /// <summary>The groups of who asked.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Whom the user acted as, or null.</summary>
    public string? ImpersonatedUser { get; init; }

    /// <summary>The client's name for itself.</summary>
    public string UserAgent { get; init; } = "";

    /// <summary>The HTTP status; 0 when the connection was dropped on purpose.</summary>
    public required int Code { get; init; }

    /// <summary>Whether the authorizer allowed it; null when it was not asked.</summary>
    public bool? Allowed { get; init; }

    /// <summary>The rule that allowed it, or why none did; often empty.</summary>
    public string Reason { get; init; } = "";

    /// <summary>When the request arrived, by the server's clock.</summary>
    public required DateTimeOffset Received { get; init; }

    /// <summary>When the stage was reached, by the server's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The event as <c>audit.k8s.io/v1</c> has it.</summary>
    internal JsonObject ToJson(string id)
    {
        var json = new JsonObject
        {
            ["kind"] = "Event",
            ["apiVersion"] = "audit.k8s.io/v1",
            ["level"] = "Metadata",
            ["auditID"] = id,
            ["stage"] = Stage,
            ["requestURI"] = RequestUri,
            ["verb"] = Verb,
            ["user"] = new UserInfo(User, Groups).ToJson(),
        };
        if (ImpersonatedUser is not null) json["impersonatedUser"] = new JsonObject { ["username"] = ImpersonatedUser };
        json["sourceIPs"] = new JsonArray("127.0.0.1");
        if (UserAgent.Length > 0) json["userAgent"] = UserAgent;
        if (Resource.Length > 0) json["objectRef"] = ObjectReference();
        json["responseStatus"] = new JsonObject { ["metadata"] = new JsonObject(), ["code"] = Code };
        json["requestReceivedTimestamp"] = Controllers.ObjectFields.MicroStamp(Received);
        json["stageTimestamp"] = Controllers.ObjectFields.MicroStamp(At);
        if (Allowed is { } allowed)
        {
            json["annotations"] = new JsonObject
            {
                ["authorization.k8s.io/decision"] = allowed ? "allow" : "forbid",
                ["authorization.k8s.io/reason"] = Reason,
            };
        }
        return json;
    }

    private JsonObject ObjectReference()
    {
        var reference = new JsonObject { ["resource"] = Resource };
        foreach (var (field, value) in (ReadOnlySpan<(string, string)>)
            [("namespace", Namespace), ("name", Name), ("apiGroup", ApiGroup), ("apiVersion", ApiVersion), ("subresource", Subresource)])
        {
            if (value.Length > 0) reference[field] = value;
        }
        return reference;
    }
}
