using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.RegularExpressions;
using k8s.Autorest;

namespace Nemotron.Kube;

/// <summary>Turns what goes wrong with the API server into one sentence that says what to do.</summary>
public static partial class ApiErrors
{
    /// <summary>One sentence about a failed request. Never throws.</summary>
    /// <param name="error">The exception.</param>
    /// <param name="missingResourceHint">Added when a resource type is not installed, such as the command that installs it.</param>
    public static string Describe(Exception error, string missingResourceHint = "") => error switch
    {
        HttpOperationException http => DescribeStatus(http, missingResourceHint),
        WatchStatusException watch => $"The API server ended the watch: {watch.Message}",
        HttpRequestException { InnerException: AuthenticationException inner } =>
            $"The API server's certificate is not trusted: {inner.Message} Check certificate-authority-data in the kubeconfig.",
        HttpRequestException request => $"The API server is unreachable: {Innermost(request)}.",
        TimeoutException => $"The API server does not answer: {error.Message}",
        OperationCanceledException => "The request was cancelled.",
        IOException => $"The connection to the API server broke: {Innermost(error)}.",
        JsonException => $"The API server's answer is not readable: {error.Message}",
        _ => error.Message,
    };

    /// <summary>The HTTP status of a failed request, or null when there was no answer.</summary>
    /// <param name="error">The exception.</param>
    public static HttpStatusCode? StatusOf(Exception error) => (error as HttpOperationException)?.Response?.StatusCode;

    /// <summary>The <c>reason</c> of the API server's Status object (such as <c>AlreadyExists</c>), or the empty string.</summary>
    internal static string ReasonOf(Exception error) =>
        error is HttpOperationException http ? Parse(http.Response?.Content).Reason : (error as WatchStatusException)?.Reason ?? "";

    /// <summary>Whether a 404 is about one object (<c>pods "a" not found</c>) and not about its type.</summary>
    internal static bool NamesAnObject(HttpOperationException error) =>
        Parse(error.Response?.Content) is { Reason: "NotFound", Message: var message } && message.Contains('"', StringComparison.Ordinal);

    private static string DescribeStatus(HttpOperationException http, string hint)
    {
        var (reason, message) = Parse(http.Response?.Content);
        var method = http.Request?.Method?.Method ?? "";
        var path = http.Request?.RequestUri?.AbsolutePath ?? "";
        switch (http.Response?.StatusCode)
        {
            case HttpStatusCode.Forbidden when ForbiddenMessage().Match(message) is { Success: true } m:
                var group = m.Groups["group"].Value;
                var where = m.Groups["ns"].Success ? $"in namespace {m.Groups["ns"].Value}" : "cluster-wide";
                return $"Not allowed: {m.Groups["user"].Value} may not {m.Groups["verb"].Value} {m.Groups["resource"].Value} {where}. " +
                    $"Grant the verb \"{m.Groups["verb"].Value}\" on the resource \"{m.Groups["resource"].Value}\" of the API group \"{group}\".";
            case HttpStatusCode.Forbidden:
                return $"Not allowed ({method} {path}): {Or(message, "the API server gives no reason")}";
            case HttpStatusCode.Unauthorized:
                return "The API server does not accept the credentials: check the token or client certificate.";
            case HttpStatusCode.NotFound when !NamesAnObject(http):
                return $"The resource {ResourceIn(path)} is not installed (CRD missing)." + (hint.Length > 0 ? " " + hint : "");
            case { } status:
                return $"The API server answered {(int)status} to {method} {path}: {Or(message, reason)}";
            default:
                return http.Message;
        }
    }

    /// <summary>A Status object: <c>{"kind":"Status","reason":"NotFound","message":"pods \"a\" not found","code":404}</c>. Old servers and proxies answer plain text.</summary>
    private static (string Reason, string Message) Parse(string? content)
    {
        if (string.IsNullOrWhiteSpace(content))
        {
            return ("", "");
        }

        try
        {
            using var document = JsonDocument.Parse(content);
            return (Text(document, "reason"), Text(document, "message"));
        }
        catch (JsonException)
        {
            return ("", content.Trim());
        }
    }

    private static string Text(JsonDocument document, string name) =>
        document.RootElement.ValueKind == JsonValueKind.Object
        && document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary><c>/apis/group/v1/namespaces/ns/plural/name</c> → <c>plural.group</c>.</summary>
    private static string ResourceIn(string path)
    {
        var parts = path.Trim('/').Split('/');
        var start = Array.FindIndex(parts, p => p is "api" or "apis");
        if (start < 0)
        {
            return path;
        }

        var group = parts[start] == "apis" && parts.Length > start + 1 ? parts[start + 1] : "";
        var rest = parts.AsSpan(Math.Min(parts.Length, start + (group.Length > 0 ? 3 : 2)));
        if (rest.Length > 2 && rest[0] == "namespaces")
        {
            rest = rest[2..];
        }

        return rest.Length == 0 ? path : group.Length == 0 ? rest[0] : $"{rest[0]}.{group}";
    }

    private static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner and not SocketException { SocketErrorCode: SocketError.Success })
        {
            error = inner;
        }

        return error.Message.TrimEnd('.');
    }

    private static string Or(string text, string other) => text.Length > 0 ? text : other;

    [GeneratedRegex("User \"(?<user>[^\"]*)\" cannot (?<verb>[a-z]+) resource \"(?<resource>[^\"]+)\" in API group \"(?<group>[^\"]*)\"(?: in the namespace \"(?<ns>[^\"]+)\")?")]
    private static partial Regex ForbiddenMessage();
}
