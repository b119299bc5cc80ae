using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Cli.Bundles;

namespace Nemotron.Cli.Tests.Clusters;

public sealed class SupportBundleTests
{
    private const string Secret = "correct-horse-battery-staple";
    private const string Token = "hf_AbCdEfGhIjKlMnOpQrStUvWx";

    [Fact]
    public async Task A_bundle_holds_what_helps_and_no_secret()
    {
        await using var lab = await PluginLab.StartAsync("1xH100:8");
        await lab.ApplyAsync(Seeds.All(Seeds.Namespace, Seeds.Super, """
            apiVersion: v1
            kind: Secret
            metadata: {name: hub, namespace: models, labels: {serving.nemotron.dev/deployment: super}}
            stringData: {token: SECRET}
            """, """
            apiVersion: v1
            kind: Pod
            metadata:
              name: super-a
              namespace: models
              labels: {serving.nemotron.dev/deployment: super, serving.nemotron.dev/role: server}
              annotations:
                kubectl.kubernetes.io/last-applied-configuration: '{"env":[{"name":"HF_TOKEN","value":"SECRET"}]}'
            spec:
              schedulerName: nobody
              containers:
              - name: engine
                image: engine:1
                command: [serve, --api-key, SECRET, "--hub-token=SECRET", --max-tokens, "4096"]
                args: ["--header=Authorization: Bearer SECRET", "--proxy=http://user:SECRET@proxy:3128"]
                env:
                - {name: NGC_API_KEY, value: SECRET}
                - {name: DB_PASSWORD, value: SECRET}
                - {name: HUB, value: TOKEN-VALUE}
                - {name: DATABASE, value: "user=me;pwd=SECRET"}
                - {name: LEVEL, value: debug}
                - name: HF_TOKEN
                  valueFrom: {secretKeyRef: {name: hub, key: token}}
            """, """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: super-engine, namespace: models, labels: {serving.nemotron.dev/deployment: super}}
            data:
              engine.yaml: |
                max_batch_size: 64
                api_key: SECRET
                max_num_tokens: 8192
            """).Replace("SECRET", Secret, StringComparison.Ordinal).Replace("TOKEN-VALUE", Token, StringComparison.Ordinal));
        var file = Path.Combine(Path.GetTempPath(), $"bundle-{Guid.NewGuid():N}.tar.gz");
        try
        {
            var run = lab.Run("support-bundle", "-A", "-o", file);
            run.ExitCode.ShouldBe(0, run.Error);
            var entries = Read(file);
            ((string[])[
                "nemotron-support/version.json", "nemotron-support/doctor.yaml", "nemotron-support/cluster/nemotrondeployments.json", "nemotron-support/cluster/nodes.json",
                "nemotron-support/namespaces/models/pods.json", "nemotron-support/namespaces/models/configmaps.json", "nemotron-support/namespaces/models/status-super.txt"]).ShouldBeSubsetOf(entries.Keys);
            foreach (var (name, text) in entries)
            {
                text.ShouldNotContain(Secret, Case.Sensitive, name);
                text.ShouldNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)), Case.Sensitive, name);
                text.ShouldNotContain(Token, Case.Sensitive, name);
            }

            entries.Keys.ShouldNotContain(name => name.Contains("secrets", StringComparison.Ordinal));
            var pod = entries["nemotron-support/namespaces/models/pods.json"];
            foreach (var kept in new[] { "\"LEVEL\"", "\"DATABASE\"", "\"4096\"", "\"hub\"", "NGC_API_KEY", "secretKeyRef" }) pod.ShouldContain(kept);
            pod.ShouldNotContain("debug", Case.Sensitive, "no value of a variable, whatever its name");
            entries["nemotron-support/namespaces/models/configmaps.json"].ShouldContain("max_num_tokens: 8192");
            lab.Lab.Server.Log.Requests.ShouldNotContain(request => request.UserAgent.StartsWith("kubectl-nemotron") && request.Path.Contains("/secrets", StringComparison.Ordinal), "no Secret is even read");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("token=abc123", "token=REDACTED")]
    [InlineData("HF_TOKEN: abc123 next", "HF_TOKEN: REDACTED next")]
    [InlineData("""{"apiKey":"abc123","n":1}""", """{"apiKey":"REDACTED","n":1}""")]
    [InlineData("Authorization: Bearer abcdefgh12345", "Authorization: Bearer REDACTED")]
    [InlineData("curl -H 'bearer abcdefgh12345'", "curl -H 'bearer REDACTED'")]
    [InlineData("https://me:pw@host/x", "https://REDACTED@host/x")]
    [InlineData("redis://:pw@host:6379/0", "redis://REDACTED@host:6379/0")]
    [InlineData("key nvapi-abcdefgh12345 used", "key REDACTED used")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "REDACTED")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "REDACTED")]
    [InlineData("2400 output tokens/s, max_tokens: 4096, prompt_tokens=7", "2400 output tokens/s, max_tokens: 4096, prompt_tokens=7")]
    [InlineData("secretName: hub", "secretName: hub")]
    public void A_text_loses_what_looks_like_a_token_and_nothing_else(string text, string kept) => Redaction.Of(text).ShouldBe(kept);

    [Fact]
    public void An_object_keeps_references_and_numbers()
    {
        var clean = Redaction.Of((JsonObject)JsonNode.Parse("""
            {"metadata":{"name":"a","managedFields":[1]},"spec":{"tokenSecretRef":{"name":"hub","key":"token"},"maxContextTokens":4096,"password":"p","imagePullSecrets":[{"name":"reg"}],"automountServiceAccountToken":false}}
            """)!);
        clean.ToJsonString().ShouldBe("""{"metadata":{"name":"a"},"spec":{"tokenSecretRef":{"name":"hub","key":"token"},"maxContextTokens":4096,"password":"REDACTED","imagePullSecrets":[{"name":"reg"}],"automountServiceAccountToken":false}}""");
    }

    [Fact]
    public void Variables_lose_what_is_written_out_and_keep_their_names_and_references() =>
        Redaction.Of((JsonObject)JsonNode.Parse("""
            {"spec":{"env":[{"name":"LEVEL","value":"debug"},{"name":"A"},{"name":"B","valueFrom":{"secretKeyRef":{"name":"hub","key":"token"}}}],"podTemplate":{"env":null}}}
            """)!).ToJsonString().ShouldBe("""{"spec":{"env":[{"name":"LEVEL","value":"REDACTED"},{"name":"A"},{"name":"B","valueFrom":{"secretKeyRef":{"name":"hub","key":"token"}}}],"podTemplate":{"env":null}}}""");

    [Fact]
    public void A_bundle_is_bounded_and_says_what_it_left_out()
    {
        var file = Path.GetTempFileName();
        try
        {
            using (var bundle = new BundleFile(file, DateTimeOffset.UnixEpoch))
            {
                bundle.Add("long.log", new string('a', BundleFile.MostBytesOfOne) + "the end");
                for (var i = 0; i < BundleFile.MostBytes / BundleFile.MostBytesOfOne; i++) bundle.Add($"{i}", new string('b', BundleFile.MostBytesOfOne));
                bundle.Incomplete.ShouldBe([$"long.log: the last {BundleFile.MostBytesOfOne} of {BundleFile.MostBytesOfOne + 7} bytes", $"15: left out, since the bundle has its {BundleFile.MostBytes} bytes"]);
            }

            Read(file)["nemotron-support/long.log"].ShouldEndWith("the end");
        }
        finally
        {
            File.Delete(file);
        }
    }

    internal static Dictionary<string, string> Read(string file)
    {
        using var gzip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        var entries = new Dictionary<string, string>();
        while (tar.GetNextEntry() is { } entry)
        {
            using var text = new StreamReader(entry.DataStream!);
            entries[entry.Name] = text.ReadToEnd();
        }

        return entries;
    }
}
