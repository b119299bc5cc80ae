using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Kinds.Validation;

namespace Nemotron.Lab.Tests.Kinds;

public sealed class ValidationTests
{
    private const string Qualified = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    [Theory]
    [InlineData("""{"name":"a","namespace":"n"}""", null)]
    [InlineData("""{"namespace":"n"}""", "metadata.name|Required value: name or generateName is required")]
    [InlineData("""{"name":"a"}""", "metadata.namespace|Required value")]
    [InlineData("""{"name":"a","namespace":"n","labels":{"-k":"v"}}""", $"metadata.labels|Invalid value: \"-k\": name part {Qualified}")]
    [InlineData("""{"name":"a","namespace":"n","labels":{"a/b/c":"v"}}""", $"metadata.labels|Invalid value: \"a/b/c\": a qualified name {Qualified} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")]
    [InlineData("""{"name":"a","namespace":"n","labels":{"/c":"v"}}""", "metadata.labels|Invalid value: \"/c\": prefix part must be non-empty")]
    [InlineData("""{"name":"a","namespace":"n","annotations":{"A/b":"anything at all"}}""", null)]
    [InlineData("""{"name":"a","namespace":"n","annotations":{"a b":"x"}}""", $"metadata.annotations|Invalid value: \"a b\": name part {Qualified}")]
    [InlineData("""{"name":"a","namespace":"n","ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":""}]}""", "metadata.ownerReferences.uid|Invalid value: \"\": uid must not be empty")]
    [InlineData("""{"name":"a","namespace":"n","finalizers":["hold"]}""", "metadata.finalizers[0]|Invalid value: \"hold\": name is neither a standard finalizer name nor is it fully qualified")]
    public void Metadata(string metadata, string? expected)
    {
        var obj = new JsonObject { ["metadata"] = JsonNode.Parse(metadata) };
        var faults = MetadataValidation.Validate(obj, namespaced: true, isBuiltin: true);
        string.Join('\n', faults.Select(fault => $"{fault.Field}|{fault.Message}")).ShouldBe(expected ?? "");
    }

    [Fact]
    public void NewFinalizer_WhileTerminating_IsForbidden_AndSaidOnce()
    {
        var old = Meta("""{"name":"f","deletionTimestamp":"t","finalizers":["a/b"]}""");
        var faults = MetadataValidation.ValidateUpdate(Meta("""{"name":"f","deletionTimestamp":"t","finalizers":["a/b","lab.example.com/new"]}"""), old);
        const string Sentence = "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"lab.example.com/new\"}";
        var refusal = InvalidObject.Refusal("lab.example.com", "Widget", "f", [.. faults, .. faults]);
        refusal.Message.ShouldBe($"Widget.lab.example.com \"f\" is invalid: {Sentence}");
        refusal.Details!["causes"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public void GeneratedNames_MayEndInADash()
    {
        MetadataValidation.Validate(Meta("""{"generateName":"a-","name":"a-x","namespace":"n"}"""), true).ShouldBeEmpty();
        MetadataValidation.Validate(Meta("""{"generateName":"A","name":"a-x","namespace":"n"}"""), true).ShouldHaveSingleItem().Field.ShouldBe("metadata.generateName");
    }

    [Theory]
    [InlineData("pods", """{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/m"}]}]}""", "spec.containers[0].volumeMounts[0].name: Not found: \"v\"")]
    [InlineData("pods", """{"containers":[{"name":"c","image":"i"},{"name":"c","image":"i"}]}""", "spec.containers[1].name: Duplicate value: \"c\"")]
    [InlineData("pods", """{"containers":[{"name":"c"}]}""", "spec.containers[0].image: Required value")]
    [InlineData("pods", """{"containers":[{"name":"c","image":"i","ports":[{"containerPort":70000}]}]}""", "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive")]
    [InlineData("pods", """{"containers":[{"name":"c","image":"i","readinessProbe":{}}]}""", "spec.containers[0].readinessProbe: Required value: must specify a handler type")]
    [InlineData("pods", """{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}}]}""", "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1")]
    [InlineData("pods", """{"containers":[{"name":"c","image":"i","resources":{"requests":{"nvidia.com/gpu":"1"},"limits":{"nvidia.com/gpu":"2"}}}]}""", "spec.containers[0].resources.requests: Invalid value: \"1\": must be equal to nvidia.com/gpu limit of 2")]
    [InlineData("pods", """{"restartPolicy":"Sometimes","containers":[{"name":"c","image":"i"}]}""", "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"")]
    [InlineData("pods", """{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","emptyDir":{},"hostPath":{"path":"/"}}]}""", "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type")]
    [InlineData("services", """{"ports":[{"port":80},{"port":81}]}""", "spec.ports[0].name: Required value; spec.ports[1].name: Required value")]
    [InlineData("services", """{}""", "spec.ports: Required value")]
    [InlineData("services", """{"type":"Odd","ports":[{"port":80}]}""", "spec.type: Unsupported value: \"Odd\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"")]
    [InlineData("poddisruptionbudgets", """{"minAvailable":1,"maxUnavailable":1}""", "spec: Invalid value: {\"minAvailable\":1,\"maxUnavailable\":1}: minAvailable and maxUnavailable cannot be both set")]
    [InlineData("horizontalpodautoscalers", """{"maxReplicas":0,"scaleTargetRef":{"kind":"Deployment","name":"d"}}""", "spec.maxReplicas: Invalid value: 0: must be greater than 0; spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`")]
    [InlineData("persistentvolumeclaims", """{"accessModes":["ReadWriteOnce"]}""", "spec.resources[storage]: Required value")]
    [InlineData("cronjobs", """{"schedule":"* * *","jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}}""", "spec.schedule: Invalid value: \"* * *\": expected exactly 5 fields, found 3: [* * *]")]
    public void Specs(string plural, string spec, string expected) => Faults(plural, $$$"""{"spec":{{{spec}}}}""").ShouldBe(expected);

    [Theory]
    [InlineData("""{"replicas":-1}""", "spec.replicas: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("""{"strategy":{"type":"Recreate","rollingUpdate":{"maxSurge":1}}}""", "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'")]
    [InlineData("""{"strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":"0%"}}}""", "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0")]
    [InlineData("""{"progressDeadlineSeconds":5,"minReadySeconds":5}""", "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds")]
    [InlineData("""{"selector":{}}""", "spec.selector: Invalid value: {}: empty selector is invalid for deployment")]
    [InlineData("""{"selector":null}""", "spec.selector: Required value")]
    public void Deployments(string change, string expected)
    {
        var body = JsonNode.Parse(BuiltinKindsTests.Deployment)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject()) body["spec"]![name] = value?.DeepClone();
        Faults("deployments", body.ToJsonString()).ShouldBe(expected);
    }

    [Theory]
    [InlineData("configmaps", """{"immutable":true,"data":{"a":"1"}}""", """{"immutable":true,"data":{"a":"2"}}""", "data: Forbidden: field is immutable when `immutable` is set")]
    [InlineData("configmaps", """{"data":{"a":"1"}}""", """{"immutable":true,"data":{"a":"2"}}""", "")]
    [InlineData("secrets", """{"type":"Opaque"}""", """{"type":"other"}""", "type: Invalid value: \"other\": field is immutable")]
    [InlineData("rolebindings", """{"roleRef":{"kind":"Role","name":"a"}}""", """{"roleRef":{"kind":"Role","name":"b"}}""", "roleRef: Invalid value: {\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"Role\",\"name\":\"b\"}: cannot change roleRef")]
    [InlineData("priorityclasses", """{"value":1}""", """{"value":2}""", "value: Forbidden: may not be changed in an update.")]
    [InlineData("pods", """{"spec":{"containers":[{"name":"c","image":"i:1"}]}}""", """{"spec":{"containers":[{"name":"c","image":"i:2"}]}}""", "")]
    [InlineData("pods", """{"spec":{"containers":[{"name":"c","image":"i"}]}}""", """{"spec":{"containers":[{"name":"c","image":"i"},{"name":"d","image":"i"}]}}""", "spec.containers: Forbidden: pod updates may not add or remove containers")]
    [InlineData("pods", """{"spec":{"containers":[{"name":"c","image":"i"}]}}""", """{"spec":{"tolerations":[{"key":"a","operator":"Exists"}],"containers":[{"name":"c","image":"i"}]}}""", "")]
    [InlineData("pods", """{"spec":{"activeDeadlineSeconds":5,"containers":[{"name":"c","image":"i"}]}}""", """{"spec":{"activeDeadlineSeconds":9,"containers":[{"name":"c","image":"i"}]}}""", "spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value")]
    public void Updates(string plural, string before, string after, string expected) => Faults(plural, after, before).ShouldBe(expected);

    [Theory]
    [InlineData("""{"phase":"Pending"}""", "Pending")]
    [InlineData("""{"phase":"Running","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}""", "CrashLoopBackOff")]
    [InlineData("""{"phase":"Running","containerStatuses":[{"name":"c","state":{"terminated":{"exitCode":3}}}]}""", "ExitCode:3")]
    [InlineData("""{"phase":"Running","containerStatuses":[{"name":"c","state":{"terminated":{"exitCode":137,"signal":9}}}]}""", "Signal:9")]
    [InlineData("""{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"running":{}}}]}""", "Init:0/1")]
    [InlineData("""{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":1,"reason":"Error"}}}]}""", "Init:Error")]
    [InlineData("""{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"c","ready":true,"state":{"running":{}}},{"name":"d","state":{"terminated":{"reason":"Completed"}}}]}""", "Running")]
    [InlineData("""{"phase":"Failed","reason":"Evicted"}""", "Evicted")]
    public void PodStatusWords(string status, string expected)
    {
        var pod = JsonNode.Parse($$$"""{"metadata":{},"spec":{"initContainers":[{"name":"i"}],"containers":[{"name":"c"}]},"status":{{{status}}}}""")!.AsObject();
        Lab.Kinds.Tables.PodColumns.Status(pod).ShouldBe(expected);
        pod["metadata"]!["deletionTimestamp"] = "2026-11-23T22:00:00Z";
        Lab.Kinds.Tables.PodColumns.Status(pod).ShouldBe(expected == "Evicted" ? "Evicted" : "Terminating");
    }

    [Fact]
    public void Diff_ShowsThreeLinesOfContext_AndJoinsNearChanges()
    {
        string[] before = [.. Enumerable.Range(1, 30).Select(i => $"l{i}")];
        string[] after = [.. before.Select(line => line is "l5" or "l9" or "l25" ? line + "x" : line)];
        UnifiedDiff.Of(before, after).ShouldBe(
            "@@ -2,11 +2,11 @@\n l2\n l3\n l4\n-l5\n+l5x\n l6\n l7\n l8\n-l9\n+l9x\n l10\n l11\n l12\n"
            + "@@ -22,7 +22,7 @@\n l22\n l23\n l24\n-l25\n+l25x\n l26\n l27\n l28\n");
    }

    private static string Faults(string plural, string body, string? before = null)
    {
        var kind = BuiltinKinds.All.First(kind => kind.Gvr.Plural == plural);
        JsonObject Of(string json)
        {
            var obj = JsonNode.Parse(json)!.AsObject();
            var metadata = obj.Ensure("metadata");
            metadata.Fill("name", "x");
            if (kind.Namespaced) metadata["namespace"] = "n";
            return kind.Default(obj);
        }
        return string.Join("; ", kind.Validate(Of(body), before is null ? null : Of(before)).Select(fault => $"{fault.Field}: {fault.Message}"));
    }

    private static JsonObject Meta(string metadata) => new() { ["metadata"] = JsonNode.Parse(metadata) };
}
