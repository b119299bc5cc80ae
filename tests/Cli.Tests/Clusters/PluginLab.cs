using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nemotron.Lab.Api;
using Nemotron.Lab.Nodes;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Cli.Tests.Clusters;

/// <summary>A Lab with our CRDs and no operator: a test writes what an operator would have written, and runs the plugin against it.</summary>
internal sealed class PluginLab : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nemotron-plugin-");
    private readonly HttpClient _http;
    private readonly Dictionary<string, JsonArray> _served = [];

    private PluginLab(LabCluster lab)
    {
        Lab = lab;
        Kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        lab.WriteKubeconfig(Kubeconfig);
        // The Lab's own authority; what is tested here is not TLS.
        _http = new HttpClient(new HttpClientHandler { UseProxy = false, ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator }) { BaseAddress = lab.Url };
        if (Regex.Match(File.ReadAllText(Kubeconfig), "token: \"?([^\"\\s]+)") is { Success: true } token) _http.DefaultRequestHeaders.Authorization = new("Bearer", token.Groups[1].Value);
    }

    public LabCluster Lab { get; }

    public string Kubeconfig { get; }

    public static async Task<PluginLab> StartAsync(string nodes = "", bool crds = true, LabAddOns with = LabAddOns.None, AuthorizationMode authorization = AuthorizationMode.AlwaysAllow, LabEngines engines = LabEngines.None)
    {
        var lab = new PluginLab(await LabCluster.StartAsync(new LabClusterOptions { Nodes = nodes, With = with, Authorization = authorization, Engines = engines, LoadSpeed = 100 }, TestContext.Current.CancellationToken));
        if (crds) await lab.ApplyFilesAsync("config/crd");
        return lab;
    }

    /// <summary>Runs the plugin as a user of this cluster would.</summary>
    public Cli Run(params string[] args) => Cli.RunOn(Lab.Time, [.. args, "--kubeconfig", Kubeconfig]);

    /// <summary>Applies every manifest of a folder but its kustomization.</summary>
    public async Task ApplyFilesAsync(string folder, string ns = "default")
    {
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf(folder.Split('/')), "*.yaml").Where(file => Path.GetFileName(file) != "kustomization.yaml").Order(StringComparer.Ordinal))
            await ApplyAsync(await File.ReadAllTextAsync(file), ns: ns);
    }

    /// <summary>Applies the documents of a text on the server's side, statuses too.</summary>
    public async Task ApplyAsync(string yaml, bool dryRun = false, string ns = "default")
    {
        foreach (var document in Documents(yaml))
        {
            var (path, text) = (await PathOfAsync(document.Root, ns), document.Text);
            var query = $"?fieldManager=test&force=true{(dryRun ? "&dryRun=All" : "")}";
            await SendAsync(HttpMethod.Patch, path + query, text, "application/apply-patch+yaml");
            if (!dryRun && document.Root.Children.ContainsKey("status")) await SendAsync(HttpMethod.Patch, $"{path}/status{query}", text, "application/apply-patch+yaml");
        }
    }

    /// <summary>Changes an object by a merge patch.</summary>
    public Task PatchAsync(string path, JsonObject patch) => SendAsync(HttpMethod.Patch, path, patch.ToJsonString(), "application/merge-patch+json");

    public Task DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null, null);

    public async Task<JsonObject> GetAsync(string path) => (JsonObject)JsonNode.Parse(await _http.GetStringAsync(path))!;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Lab.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static IEnumerable<(YamlMappingNode Root, string Text)> Documents(string yaml)
    {
        foreach (var text in yaml.ReplaceLineEndings("\n").Split("\n---\n"))
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count > 0 && stream.Documents[0].RootNode is YamlMappingNode root) yield return (root, text);
        }
    }

    private async Task<string> PathOfAsync(YamlMappingNode root, string elsewhere)
    {
        var (version, kind) = (root["apiVersion"].ToString(), root["kind"].ToString());
        var prefix = version.Contains('/') ? $"apis/{version}" : $"api/{version}";
        // A definition that was just applied adds to what is served.
        if (!_served.TryGetValue(prefix, out var resources) || Find(resources) is null)
            _served[prefix] = resources = (JsonArray)(await GetAsync(prefix))["resources"]!;
        var resource = Find(resources) ?? throw new InvalidOperationException($"{version} has no {kind}");
        var metadata = (YamlMappingNode)root["metadata"];
        var ns = metadata.Children.TryGetValue("namespace", out var given) ? given.ToString() : elsewhere;
        var plural = resource["name"]!.GetValue<string>();
        return resource["namespaced"]!.GetValue<bool>() ? $"{prefix}/namespaces/{ns}/{plural}/{metadata["name"]}" : $"{prefix}/{plural}/{metadata["name"]}";

        JsonNode? Find(JsonArray among) => among.FirstOrDefault(candidate => candidate!["kind"]!.GetValue<string>() == kind && !candidate["name"]!.GetValue<string>().Contains('/'));
    }

    private async Task SendAsync(HttpMethod method, string path, string? body, string? type)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type!));
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }
}
