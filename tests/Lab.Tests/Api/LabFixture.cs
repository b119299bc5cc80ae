using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Tests.Api;

/// <summary>A server and a client without a user agent, for one test.</summary>
internal sealed class LabFixture : IAsyncDisposable
{
    public const string Widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";

    private LabFixture(LabServer server)
    {
        Server = server;
        Client = new HttpClient { BaseAddress = server.Url };
    }

    public LabServer Server { get; }

    public HttpClient Client { get; }

    public static async Task<LabFixture> StartAsync(LabServerOptions? options = null) =>
        new(await LabServer.StartAsync(options ?? new LabServerOptions(), TestContext.Current.CancellationToken));

    /// <summary>A server that serves the widgets of <see cref="WidgetCrd"/>.</summary>
    public static async Task<LabFixture> WithWidgetsAsync(LabServerOptions? options = null)
    {
        var lab = await StartAsync(options);
        (await lab.SendAsync("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", WidgetCrd)).Code.ShouldBe(201);
        return lab;
    }

    public const string WidgetCrd = """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.lab.example.com"},
         "spec":{"group":"lab.example.com","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget","shortNames":["wd"]},
         "versions":[{"name":"v1","served":true,"storage":true,
          "schema":{"openAPIV3Schema":{"type":"object","properties":{
            "spec":{"type":"object","properties":{"size":{"type":"integer","default":1},"replicas":{"type":"integer"},"color":{"type":"string"}}},
            "status":{"type":"object","properties":{"phase":{"type":"string"},"replicas":{"type":"integer"}}}}}},
          "subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"}},
          "selectableFields":[{"jsonPath":".spec.color"}]}]}}
        """;

    public static string Widget(string name, string spec = "{}", string metadata = "") =>
        $$"""{"apiVersion":"lab.example.com/v1","kind":"Widget","metadata":{"name":"{{name}}"{{metadata}}},"spec":{{spec}}}""";

    public async Task<(int Code, JsonNode Body, HttpResponseHeaders Headers)> SendAsync(
        string method, string path, string? body = null, string contentType = "application/json", string? accept = null)
    {
        using var request = Request(method, path, body, contentType, accept);
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        JsonNode node = response.Content.Headers.ContentType?.MediaType == "application/json" ? JsonNode.Parse(text)! : JsonValue.Create(text);
        return ((int)response.StatusCode, node, response.Headers);
    }

    /// <summary>Opens a watch and reads its events as they come.</summary>
    public async Task<WatchReader> WatchAsync(string pathAndQuery, string? accept = null)
    {
        using var request = Request("GET", pathAndQuery, null, "", accept);
        var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        return new WatchReader(response, new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }

    private static HttpRequestMessage Request(string method, string path, string? body, string contentType, string? accept)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        return request;
    }
}

/// <summary>An open watch.</summary>
internal sealed class WatchReader(HttpResponseMessage response, StreamReader lines) : IDisposable
{
    public int Code => (int)response.StatusCode;

    /// <summary>The next event, or null at the end of the stream.</summary>
    public async Task<JsonNode?> NextAsync()
    {
        string? line = await lines.ReadLineAsync(TestContext.Current.CancellationToken);
        return line is null ? null : JsonNode.Parse(line);
    }

    public void Dispose()
    {
        lines.Dispose();
        response.Dispose();
    }
}
