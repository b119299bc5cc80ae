using System.Text.Json.Nodes;
using k8s;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Lab.Api;
using Nemotron.Lab.Api.Access;

namespace Nemotron.Lab.Tests.Access;

/// <summary>Tokens, certificates, kubeconfigs, and the audit log that tells whose each request was.</summary>
public class IdentityTests
{
    [Fact]
    public async Task A_token_is_good_until_it_ends_and_while_its_account_is_there()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var lab = await SecureLab.StartAsync(new() { Authorization = AuthorizationMode.Rbac, Time = time });
        var op = lab.Account("models", "op");
        (await SecureLab.SendAsync(op, "GET", "/readyz")).Code.ShouldBe(200);
        time.Advance(TimeSpan.FromMinutes(59));
        (await SecureLab.SendAsync(op, "GET", "/readyz")).Code.ShouldBe(200);
        time.Advance(TimeSpan.FromMinutes(2));
        (await SecureLab.SendAsync(op, "GET", "/readyz")).Code.ShouldBe(401);

        var again = lab.Account("models", "op");
        lab.Server.Api.Delete(new Gvr("", "v1", "serviceaccounts"), "models", "op");
        (await SecureLab.SendAsync(again, "GET", "/readyz")).Code.ShouldBe(401);
        // Another account of the same name is another account.
        lab.Account("models", "op");
        (await SecureLab.SendAsync(again, "GET", "/readyz")).Code.ShouldBe(401);
    }

    [Fact]
    public async Task Tokens_are_asked_for_and_asked_about()
    {
        await using var lab = await SecureLab.StartAsync(new() { Tls = true });
        var op = lab.Account("models", "op");
        const string path = "/api/v1/namespaces/models/serviceaccounts/op/token";
        var (code, given) = await SecureLab.SendAsync(op, "POST", path, """{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"audiences":["vault"],"expirationSeconds":600}}""");
        code.ShouldBe(201);
        string token = (string)given["status"]!["token"]!;
        var (_, review) = await SecureLab.SendAsync(op, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", $$$$"""{"spec":{"token":"{{{{token}}}}","audiences":["vault"]}}""");
        ((bool)review["status"]!["authenticated"]!).ShouldBeTrue();
        ((string?)review["status"]!["user"]!["username"]).ShouldBe("system:serviceaccount:models:op");
        var (_, other) = await SecureLab.SendAsync(op, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", $$$$"""{"spec":{"token":"{{{{token}}}}"}}""");
        other["status"]!["authenticated"].ShouldBeNull("the token is not for the API server");
        (await SecureLab.SendAsync(op, "POST", path, """{"spec":{"expirationSeconds":5}}""")).Code.ShouldBe(422);
        (await SecureLab.SendAsync(op, "POST", path.Replace("op/", "none/", StringComparison.Ordinal), "{}")).Code.ShouldBe(404);
    }

    [Fact]
    public async Task A_client_certificate_names_user_and_groups_and_one_of_another_authority_names_nobody()
    {
        await using var lab = await SecureLab.StartAsync();
        using var authority = LabAuthority.Create(TimeProvider.System);
        using var foreign = authority.IssueClient("jane", ["system:masters"]);
        (await SecureLab.SendAsync(lab.Client(certificate: foreign), "GET", "/api/v1/nodes")).Code.ShouldBe(401);

        string path = Path.GetTempFileName();
        lab.Server.WriteKubeconfig(path, LabIdentity.Certificate("jane, of the \"lab\"", "team-a", "system:masters"));
        using var client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(path));
        (await client.CoreV1.ListNodeAsync(cancellationToken: TestContext.Current.CancellationToken)).Items.ShouldBeEmpty();
        var entry = await lab.Server.Audit.FirstAsync(e => e.Resource == "nodes" && e.Code == 200, TestContext.Current.CancellationToken);
        entry.User.ShouldBe("jane, of the \"lab\"");
        entry.Groups.ShouldBe(["team-a", "system:masters", "system:authenticated"]);
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Delete(path);
    }

    [Fact]
    public async Task A_service_accounts_kubeconfig_survives_a_restart_of_the_server()
    {
        await using var lab = await SecureLab.StartAsync();
        lab.Account("models", "op");
        lab.Grant("models", "models/op", """[{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}]""");
        string path = Path.GetTempFileName();
        lab.Server.WriteKubeconfig(path, LabIdentity.ServiceAccount("models", "op"));
        using var client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(path));
        (await client.CoreV1.ListNamespacedPodAsync("models", cancellationToken: TestContext.Current.CancellationToken)).Items.ShouldBeEmpty();
        await lab.Server.RestartAsync(keepData: true, TestContext.Current.CancellationToken);
        (await client.CoreV1.ListNamespacedPodAsync("models", cancellationToken: TestContext.Current.CancellationToken)).Items.ShouldBeEmpty();
        File.Delete(path);
    }

    [Fact]
    public async Task Impossible_identities_are_refused_with_what_to_do()
    {
        await using var plain = await SecureLab.StartAsync(new());
        Should.Throw<InvalidOperationException>(() => plain.Server.WriteKubeconfig("k", LabIdentity.Certificate("jane"))).Message.ShouldContain("start the server with Tls");
        Should.Throw<InvalidOperationException>(() => plain.Server.WriteKubeconfig("k", LabIdentity.ServiceAccount("a", "b"))).Message.ShouldContain("there is no service account b in the namespace a");
    }

    [Fact]
    public async Task Every_request_is_audited_with_its_verb_object_user_and_outcome()
    {
        string file = Path.GetTempFileName();
        await using (var lab = await SecureLab.StartAsync(new() { Authorization = AuthorizationMode.Rbac, AuditFile = file }))
        {
            var op = lab.Account("models", "op");
            lab.Grant("models", "models/op", """[{"apiGroups":[""],"resources":["pods"],"verbs":["watch"]}]""");
            await SecureLab.SendAsync(op, "PATCH", "/apis/apps/v1/namespaces/models/deployments/d/scale", "{}", "application/merge-patch+json", ("User-Agent", "op/1"));
            var refused = await lab.AuditedAsync("op/1");
            (refused.Verb, refused.ApiGroup, refused.Resource, refused.Subresource, refused.Namespace, refused.Name, refused.User, refused.Code, refused.Allowed)
                .ShouldBe(("patch", "apps", "deployments", "scale", "models", "d", "system:serviceaccount:models:op", 403, false));

            // A watch is told of when it begins and when it ends.
            await SecureLab.SendAsync(op, "GET", "/api/v1/namespaces/models/pods?watch=true&timeoutSeconds=1", headers: ("User-Agent", "watcher"));
            var begun = await lab.AuditedAsync("watcher", "ResponseStarted");
            var over = await lab.AuditedAsync("watcher");
            over.Reason.ShouldStartWith("RBAC: allowed by RoleBinding");
            (over.At - begun.At).ShouldBeGreaterThan(TimeSpan.FromSeconds(0.9));

            await SecureLab.SendAsync(lab.Client("nonsense"), "GET", "/api/v1/nodes", headers: ("User-Agent", "nobody"));
            var unknown = await lab.AuditedAsync("nobody");
            (unknown.User, unknown.Code, unknown.Allowed).ShouldBe(("", 401, null));
        }

        var lines = File.ReadAllLines(file).Select(line => JsonNode.Parse(line)!).ToArray();
        lines.Length.ShouldBe(4);
        lines[0]["objectRef"]!.ToJsonString().ShouldBe("""{"resource":"deployments","namespace":"models","name":"d","apiGroup":"apps","apiVersion":"v1","subresource":"scale"}""");
        ((string?)lines[0]["annotations"]!["authorization.k8s.io/decision"]).ShouldBe("forbid");
        ((string?)lines[0]["userAgent"]).ShouldBe("op/1");
        File.Delete(file);
    }
}
