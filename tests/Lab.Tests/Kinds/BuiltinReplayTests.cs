using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Tests.Patching;

namespace Nemotron.Lab.Tests.Kinds;

/// <summary>Replays what a real API server was asked about built-in kinds through the pure functions, and compares whole answers.</summary>
public sealed class BuiltinReplayTests
{
    private const string Deployments = "/apis/apps/v1/namespaces/rec/deployments";
    private const string Pods = "/api/v1/namespaces/rec/pods";

    [Fact]
    public void Namespace_3() => Replay(new PureServer(), 3);

    [Fact]
    public void CustomResourceDefinition_5() => Replay(new PureServer(), 5);

    [Fact]
    public void Deployments_166To177_AndTheirTable()
    {
        var server = new PureServer();
        Replay(server, [.. Enumerable.Range(166, 12)]);
        TableShouldBe(178, "deployments", server.List(Deployments));
    }

    [Fact]
    public void Pods_179To192()
    {
        var server = new PureServer();
        Replay(server, 179, 180, 181, 182, 183);
        Bind(server[$"{Pods}/p"]);
        Replay(server, 191);
        TableShouldBe(192, "pods", server.List(Pods));
    }

    [Fact]
    public void Nodes_184To187()
    {
        var server = new PureServer();
        Replay(server, 184, 185, 186);
        TableShouldBe(187, "nodes", server.List("/api/v1/nodes"));
    }

    [Fact]
    public void DisruptionBudgets_193To194() => Replay(new PureServer(), 193, 194);

    [Fact]
    public void Services_200To201() => Replay(new PureServer(), 200, 201);

    [Fact]
    public void ConfigMapsAndSecrets_202To207() => Replay(new PureServer(), 202, 203, 204, 205, 207);

    [Fact]
    public void Leases_208To209() => Replay(new PureServer(), 208, 209);

    [Fact]
    public void Events_210To211() => Replay(new PureServer(), 210, 211);

    [Fact]
    public void Metadata_212To215() => Replay(new PureServer(), 212, 213, 214, 215);

    private static void Replay(PureServer server, params int[] numbers)
    {
        foreach (var number in numbers)
        {
            var exchange = WithUids(Recordings.All[number]);
            JsonNode answer;
            try
            {
                answer = server.Serve(exchange);
                exchange.Status.ShouldBeLessThan(300, exchange.Name);
            }
            catch (ApiException refusal)
            {
                refusal.Code.ShouldBe(exchange.Status, exchange.Name + ": " + refusal.Message);
                answer = refusal.ToStatus();
            }
            NormalForm.Of(answer).ShouldBe(NormalForm.Of(exchange.Response!), $"{number} {exchange.Name}");
        }
    }

    /// <summary>Puts back the uids that the recording shows in answers but not in requests.</summary>
    private static Exchange WithUids(Exchange exchange)
    {
        if (exchange.Request?["metadata"]?["ownerReferences"] is not JsonArray owners) return exchange;
        for (var i = 0; i < owners.Count; i++) owners[i]!["uid"] = owners.Count > 1 ? $"{i + 1}" : "44444444-4444-4444-4444-444444444444";
        return exchange;
    }

    private static void Bind(JsonObject pod)
    {
        pod["spec"]!["nodeName"] = "gpu-0";
        pod["status"]!["conditions"] = new JsonArray(new JsonObject
        {
            ["type"] = "PodScheduled", ["status"] = "True", ["lastProbeTime"] = null, ["lastTransitionTime"] = "2026-11-23T22:00:00Z",
        });
    }

    private static void TableShouldBe(int number, string resource, IReadOnlyList<JsonObject> objects)
    {
        var table = Recordings.All[number].Response!;
        var kind = BuiltinKinds.All.First(kind => kind.Gvr.Plural == resource);
        var definitions = new JsonArray([.. kind.Columns.Select(column => new JsonObject
        {
            ["name"] = column.Name, ["type"] = column.Type, ["format"] = column.Format, ["description"] = column.Description, ["priority"] = column.Priority,
        })]);
        NormalForm.Of(definitions).ShouldBe(NormalForm.Of(table["columnDefinitions"]!));
        var rows = new JsonArray([.. objects.Select(obj => new JsonArray([.. kind.Columns.Select(column => column.Cell(obj, PureServer.Now))]))]);
        NormalForm.Of(rows).ShouldBe(NormalForm.Of(new JsonArray([.. table["rows"]!.AsArray().Select(row => row!["cells"]!.DeepClone())])));
    }
}
