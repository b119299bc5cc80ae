using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Cli.Tests.Clusters;

/// <summary>What comes back is no JSON, JSON of a newer version, or a refusal: a sentence, and what else there is.</summary>
public sealed class TroubledAnswerTests : IDisposable
{
    private const string Deployments = "/apis/serving.nemotron.dev/v1alpha1/nemotrondeployments";
    private const string NewerDeployments = """
        {"kind":"List","items":[{"apiVersion":"serving.nemotron.dev/v1alpha1","kind":"NemotronDeployment","metadata":{"name":"nano","namespace":"models"},"spec":{"model":"Nano","engine":{"type":"EngineOfTomorrow"}}}]}
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nemotron-plugin-");

    [Theory]
    [InlineData("status nano")]
    [InlineData("explain nano")]
    [InlineData("top --once")]
    [InlineData("doctor")]
    [InlineData("support-bundle -o nowhere.tar.gz")]
    public async Task A_page_in_place_of_an_answer_is_told_in_a_sentence(string command)
    {
        await using var server = await LocalServer.StartAsync(http => http.Response.WriteAsync("<html>Sign in</html>"));
        var run = Run(server, command.Split(' '));
        run.ExitCode.ShouldBe(ExitCodes.NoAnswer);
        run.Error.ShouldStartWith("error: The API server's answer is not readable: ");
        run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Doctor_says_which_check_a_newer_word_keeps_it_from()
    {
        await using var server = await LocalServer.StartAsync(NewerAsync);
        var run = Run(server, "doctor", "-o", "json");
        run.Error.ShouldBeEmpty();
        var checks = JsonDocument.Parse(run.Out).RootElement.EnumerateArray().ToDictionary(check => check.GetProperty("check").GetString()!, check => check.GetProperty("skipped").GetString());
        checks["deployments"].ShouldNotBeNull().ShouldContain("The API server's answer is not readable");
        checks["CRDs"].ShouldBeNull();
    }

    [Fact]
    public async Task A_bundle_has_what_could_be_read_and_says_what_could_not()
    {
        await using var server = await LocalServer.StartAsync(NewerAsync);
        var file = Path.Combine(_folder.FullName, "bundle.tar.gz");
        var run = Run(server, "support-bundle", "-A", "-o", file);
        run.ExitCode.ShouldBe(ExitCodes.Ok, run.Error);
        var entries = SupportBundleTests.Read(file);
        entries["nemotron-support/cluster/nemotrondeployments.json"].ShouldContain("EngineOfTomorrow");
        entries["nemotron-support/namespaces/models/services.json"].ShouldContain("some-service");
        entries["nemotron-support/INCOMPLETE.txt"].ShouldContain("cluster/nodes.json: The API server's answer is not readable");
    }

    [Fact]
    public async Task A_namespace_that_may_not_be_read_ends_no_bundle_of_all()
    {
        await using var server = await LocalServer.StartAsync(LockedAsync);
        var file = Path.Combine(_folder.FullName, "bundle.tar.gz");
        var run = Run(server, "support-bundle", "-A", "-o", file);
        run.ExitCode.ShouldBe(ExitCodes.Ok, run.Error);
        var entries = SupportBundleTests.Read(file);
        entries.Keys.ShouldContain("nemotron-support/namespaces/models/status-nano.txt");
        entries.Keys.ShouldNotContain("nemotron-support/namespaces/locked/status-nano.txt", "without its pods it would show none");
        entries["nemotron-support/INCOMPLETE.txt"].ShouldContain("namespaces/locked/status-nano.txt: Not allowed: me may not list pods in namespace locked.");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Task NewerAsync(HttpContext http) => http.Response.WriteAsync(http.Request.Path.Value switch
    {
        Deployments => NewerDeployments,
        "/api/v1/nodes" => "<html>Sign in</html>",
        "/api/v1/namespaces/models/services" => """{"kind":"List","items":[{"metadata":{"name":"some-service","namespace":"models"}}]}""",
        _ => """{"kind":"List","items":[]}""",
    });

    private static Task LockedAsync(HttpContext http)
    {
        if (http.Request.Path == "/api/v1/namespaces/locked/pods")
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return http.Response.WriteAsync("""{"kind":"Status","reason":"Forbidden","message":"pods is forbidden: User \"me\" cannot list resource \"pods\" in API group \"\" in the namespace \"locked\"","code":403}""");
        }

        return http.Response.WriteAsync(http.Request.Path == Deployments
            ? $$"""{"kind":"List","items":[{{Nano("locked")}},{{Nano("models")}}]}"""
            : """{"kind":"List","items":[]}""");

        static string Nano(string ns) => $$$"""{"apiVersion":"serving.nemotron.dev/v1alpha1","kind":"NemotronDeployment","metadata":{"name":"nano","namespace":"{{{ns}}}"},"spec":{"model":"Nano"}}""";
    }

    private Cli Run(LocalServer server, params string[] args)
    {
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        File.WriteAllText(kubeconfig, $$"""
            apiVersion: v1
            kind: Config
            current-context: c
            clusters:
            - name: c
              cluster: {server: "{{server.Url}}"}
            contexts:
            - name: c
              context: {cluster: c, user: u}
            users:
            - name: u
              user: {token: t}
            """);
        return Cli.Run([.. args, "--kubeconfig", kubeconfig]);
    }
}
