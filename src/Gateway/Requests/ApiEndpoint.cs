namespace Nemotron.Gateway.Requests;

/// <summary>The places of OpenAI's API that make a model generate.</summary>
internal enum ApiEndpoint
{
    /// <summary>Anything else: passed through unread.</summary>
    Other,

    /// <summary><c>POST /v1/chat/completions</c></summary>
    Chat,

    /// <summary><c>POST /v1/completions</c>: a prompt without roles.</summary>
    Completions,

    /// <summary><c>POST /v1/responses</c></summary>
    Responses,
}

/// <summary>Tells endpoints apart.</summary>
internal static class ApiEndpoints
{
    /// <summary>The paths as the engine is called.</summary>
    public const string ChatPath = "/v1/chat/completions", CompletionsPath = "/v1/completions", ResponsesPath = "/v1/responses";

    /// <summary>
    /// Which endpoint a request is for. An engine decodes the whole path, escaped slashes too, so this does as well: else
    /// <c>/v1%2Fchat/completions</c> would pass unread and reach the chat all the same.
    /// </summary>
    /// <param name="method">The request's method.</param>
    /// <param name="path">The path as the web server decoded it: dot segments resolved, all but <c>%2F</c> decoded.</param>
    public static ApiEndpoint Find(string method, string path)
    {
        if (!HttpMethods.IsPost(method)) return ApiEndpoint.Other;
        if (path.Contains('%')) path = Uri.UnescapeDataString(path);
        return path switch
        {
            ChatPath => ApiEndpoint.Chat,
            CompletionsPath => ApiEndpoint.Completions,
            ResponsesPath => ApiEndpoint.Responses,
            _ => ApiEndpoint.Other,
        };
    }

    /// <summary>The path of an endpoint that is read.</summary>
    public static string PathOf(ApiEndpoint endpoint) => endpoint switch
    {
        ApiEndpoint.Chat => ChatPath,
        ApiEndpoint.Completions => CompletionsPath,
        ApiEndpoint.Responses => ResponsesPath,
        _ => throw new ArgumentOutOfRangeException(nameof(endpoint), endpoint, "has no path of its own"),
    };
}
