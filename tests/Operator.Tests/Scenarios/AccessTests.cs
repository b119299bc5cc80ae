using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Nemotron.Crds;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>Keys and a certificate out of Secrets, from the resource to a client: the real gateway beside a simulated engine, asked through the Service.</summary>
public sealed class AccessTests : IDisposable
{
    // The gateway is a process of this machine and lives by its clock; the kubelets' probes must leave it time to start.
    private const double Speed = 4;

    private readonly HttpClient _http;
    private string? _presented;

    public AccessTests()
    {
        var handler = new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero };
        // Which certificate is presented is what the test looks at; that it was made here says nothing.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
        {
            _presented = certificate?.Subject;
            return !errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable);
        };
        _http = new HttpClient(handler) { Timeout = TimeSpan.FromMinutes(2) };
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Secrets_that_are_missing_are_named_and_the_replica_starts_once_they_are_there()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", clockSpeed: 30, engines: LabEngines.Simulated);
        await cluster.StartOperatorAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, """
            apiVersion: serving.nemotron.dev/v1alpha1
            kind: NemotronDeployment
            metadata: {name: nano, namespace: models}
            spec:
              model: Nano
              tensorParallel: 1
              replicas: 1
              gateway:
                apiKeysSecretRef: {name: nano-keys, key: keys}
                tls: {secretName: nano-tls}
            """));
        string? Said() => cluster.Deployment("nano")?.Status?.Conditions?.FirstOrDefault(condition => condition.Type == ConditionTypes.Ready)?.Message;
        await Until.TrueAsync(() => Said()?.Contains("Its gateway mounts the Secrets nano-keys (key keys) and nano-tls.", StringComparison.Ordinal) == true, "the Secrets to be named", TimeSpan.FromMinutes(2), () => Said() ?? "nothing");
        Said()!.ShouldContain("kubectl -n models describe pod nano-");
        await cluster.ApplyAsync(Fleets.All(Keys("first"), Certificate("old")));
        await cluster.UntilReadyAsync(1, limit: TimeSpan.FromMinutes(3));
    }

    [Fact]
    public async Task Clients_need_a_key_and_speak_TLS_the_mode_is_verified_all_the_same_and_both_are_changed_without_a_restart()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", clockSpeed: Speed, engines: LabEngines.Simulated, gateway: true);
        // As the value gateway.apiKeySecrets of the chart grants it.
        cluster.AlsoGranted.Add("/secrets nano-keys get");
        await cluster.StartOperatorAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Keys("first"), Certificate("old"), """
            apiVersion: serving.nemotron.dev/v1alpha1
            kind: NemotronDeployment
            metadata: {name: nano, namespace: models}
            spec:
              model: Nano
              tensorParallel: 1
              maxContextTokens: 32768
              replicas: 1
              gateway:
                apiKeysSecretRef: {name: nano-keys, key: keys}
                tls: {secretName: nano-tls}
              networkPolicy: {enabled: true}
            """));
        await cluster.UntilReadyAsync(1, limit: TimeSpan.FromMinutes(3));

        // The operator's own probe goes the clients' way: by TLS, with the key.
        await Until.TrueAsync(
            () => cluster.Deployment("nano")!.Condition(ConditionTypes.ReasoningVerified) is { Status: "True", Reason: ConditionReasons.Verified },
            "the mode to be verified",
            TimeSpan.FromMinutes(2),
            () => cluster.Deployment("nano")!.Status?.Conditions?.FirstOrDefault(condition => condition.Type == ConditionTypes.ReasoningVerified)?.Message ?? "no condition");

        var service = await cluster.Client.ReadNamespacedServiceAsync("nano", "models", cancellationToken: Cancel);
        var port = service.Spec.Ports.Single(port => port.Name == "http");
        port.AppProtocol.ShouldBe("https");
        // Nothing that clients find leads past the gateway.
        service.Spec.Ports.Select(other => other.TargetPort.Value).ShouldBe(["http", "gateway-admin"]);
        // Nor past it at the pods' own addresses, where a network plugin enforces it; the Lab has none, and keeps the object only.
        var policy = await cluster.Client.ReadNamespacedNetworkPolicyAsync("nano", "models", cancellationToken: Cancel);
        policy.Spec.Ingress[0].Ports.Select(open => open.Port.Value).ShouldBe(["8000"]);
        var address = new Uri($"https://{service.Spec.ClusterIP}:{port.Port}/v1/chat/completions");

        (await AskAsync(address, "first")).ShouldBe(HttpStatusCode.OK);
        _presented.ShouldBe("CN=old");
        (await AskAsync(address, null)).ShouldBe(HttpStatusCode.Unauthorized);
        (await AskAsync(address, "second")).ShouldBe(HttpStatusCode.Unauthorized);
        await Should.ThrowAsync<HttpRequestException>(() => AskAsync(new UriBuilder(address) { Scheme = "http" }.Uri, "first"));

        var before = Pod(cluster);
        await cluster.ApplyAsync(Fleets.All(Keys("second"), Certificate("new")));
        await Until.TrueAsync(() => AskAsync(address, "second").GetAwaiter().GetResult() == HttpStatusCode.OK, "the new key to count", TimeSpan.FromMinutes(2));
        (await AskAsync(address, "first")).ShouldBe(HttpStatusCode.Unauthorized);
        await Until.TrueAsync(() => AskAsync(address, "second").GetAwaiter().GetResult() == HttpStatusCode.OK && _presented == "CN=new", "the new certificate to be presented", TimeSpan.FromMinutes(2), () => _presented ?? "none");
        var after = Pod(cluster);
        after.Metadata.Uid.ShouldBe(before.Metadata.Uid);
        after.Status.ContainerStatuses.ShouldAllBe(status => status.RestartCount == 0);

        (await cluster.Kubectl.RunAsync("""-n models patch nemo nano --type=merge -p {"spec":{"networkPolicy":{"enabled":false}}}""")).Succeeded();
        await Until.TrueAsync(() => cluster.Client.ListNamespacedNetworkPolicy("models").Items.Count == 0, "the policy to go with the wish for it");
    }

    private async Task<HttpStatusCode> AskAsync(Uri address, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = JsonContent.Create(new { model = "nano", max_tokens = 4, messages = new[] { new { role = "user", content = "Why is the sky blue?" } } }),
        };
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await _http.SendAsync(request, Cancel);
        if (response.StatusCode == HttpStatusCode.OK) JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!["choices"]!.AsArray().Count.ShouldBe(1);
        return response.StatusCode;
    }

    private static V1Pod Pod(TestCluster cluster) => cluster.Client.ListNamespacedPod("models", labelSelector: "serving.nemotron.dev/deployment=nano").Items.Single();

    private static string Keys(string key) => $$"""
        apiVersion: v1
        kind: Secret
        metadata: {name: nano-keys, namespace: models}
        stringData:
          keys: |
            # of the test
            {{key}}
        """;

    private static string Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        static string Indented(string pem) => string.Join("\n    ", pem.Split('\n'));
        return $"""
            apiVersion: v1
            kind: Secret
            type: kubernetes.io/tls
            metadata:
              name: nano-tls
              namespace: models
            stringData:
              tls.crt: |
                {Indented(certificate.ExportCertificatePem())}
              tls.key: |
                {Indented(key.ExportPkcs8PrivateKeyPem())}
            """;
    }
}
