using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Patching;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Patching;

/// <summary>Replays what a real API server was asked about a custom resource through the pure functions, and compares whole answers.</summary>
public sealed class WidgetReplayTests
{
    private const string Version = "lab.example.com/v1";
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 22, 0, 0, TimeSpan.Zero);

    [Fact]
    public void UpdatesAndPatches_83To108_AnswerAsRecorded() => Replay("a", first: 16, [.. Enumerable.Range(83, 26)], except: [85, 86, 88, 89, 90, 93, 94, 98, 99, 100, 101, 106, 107]);

    [Fact]
    public void ServerSideApply_109To129_AnswersAsRecorded() =>
        // 116, 118, 119 and 124 are refused before anything is merged, 122 by its resource version, 123 is another object.
        Replay("s", first: 109, [.. Enumerable.Range(110, 20)], except: [116, 118, 119, 122, 123, 124]);

    [Fact]
    public void ApplyWithVersion_ToMissingObject_Creates() => Replay("s9", first: 123, []);

    private static void Replay(string name, int first, int[] numbers, params int[] except)
    {
        var schema = WidgetSchema();
        JsonObject? live = null;
        foreach (var number in numbers.Except(except).Prepend(first))
        {
            var exchange = Recordings.All[number];
            JsonNode answer;
            JsonObject? stored = null;
            try
            {
                stored = Serve(exchange, live, schema);
                answer = stored;
            }
            catch (ApiException refusal)
            {
                refusal.Code.ShouldBe(exchange.Status, exchange.Name);
                answer = refusal.ToStatus();
            }
            NormalForm.Of(answer).ShouldBe(NormalForm.Of(exchange.Response!), $"{number} {exchange.Name}");
            if (stored is not null && exchange.QueryValue("dryRun") is null) live = stored;
        }
        live!["metadata"]!["name"]!.GetValue<string>().ShouldBe(name);
    }

    private static JsonObject Serve(Exchange exchange, JsonObject? live, StructuralSchema schema)
    {
        var subresource = exchange.Path.EndsWith("/status", StringComparison.Ordinal) ? "status" : null;
        var manager = exchange.QueryValue("fieldManager") ?? "unknown";
        var reset = ResetFields.ForCustomResource(hasStatus: true, subresource);
        JsonObject result;
        if (exchange.ContentType == "application/apply-patch+yaml")
        {
            var force = exchange.QueryValue("force") == "true";
            result = ServerSideApply.Apply(live, exchange.Request!.AsObject(), schema, manager, force, Version, subresource, Now, reset);
            CrdSchema.FillDefaults(result, schema);
        }
        else
        {
            var asked = (JsonObject)(exchange.ContentType switch
            {
                "application/merge-patch+json" => MergePatch.Apply(live, exchange.Request!)!,
                "application/json-patch+json" => JsonPatch.Apply(live, JsonPatch.Parse(exchange.Request))!,
                _ => exchange.Request!.DeepClone(),
            });
            CrdSchema.FillDefaults(asked, schema);
            result = ManagedFields.RecordUpdate(live, asked, schema, manager, Version, subresource, Now, reset);
        }
        var managed = result["metadata"]!["managedFields"]?.DeepClone();
        if (live is null)
        {
            result.Remove("status");
        }
        else if (subresource == "status")
        {
            var status = result["status"]?.DeepClone();
            result = (JsonObject)live.DeepClone();
            result["status"] = status;
        }
        else
        {
            result.Remove("status");
            if (live["status"] is { } status) result["status"] = status.DeepClone();
        }
        var metadata = result["metadata"]!.AsObject();
        metadata["managedFields"] = managed;
        metadata["uid"] = "u";
        metadata["resourceVersion"] = "r";
        metadata["creationTimestamp"] = "2026-11-23T22:00:00Z";
        metadata["namespace"] = "rec";
        var generation = (int?)live?["metadata"]!["generation"] ?? 1;
        if (live is not null && !JsonEquality.Same(live["spec"], result["spec"])) generation++;
        metadata["generation"] = generation;
        return live is null ? result : ManagedFields.KeepIfOnlyTimesDiffer(live, result);
    }

    internal static StructuralSchema WidgetSchema() =>
        CrdSchema.Parse(Recordings.All[5].Request!["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject());
}
