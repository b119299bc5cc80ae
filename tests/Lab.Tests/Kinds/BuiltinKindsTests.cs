using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Kinds;

public sealed class BuiltinKindsTests
{
    private static readonly WriteSurroundingsOf Around = new();

    private sealed class WriteSurroundingsOf : Lab.Kinds.Writing.IServiceAllocator
    {
        public string NextClusterIp() => "10.0.0.9";

        public int NextNodePort() => 30123;

        public Lab.Kinds.Writing.WriteSurroundings Write => new(this, name => name == "high" ? new JsonObject { ["value"] = 100, ["preemptionPolicy"] = "Never" } : null, () => "fast");
    }

    [Fact]
    public void Resources_AreDistinct_AndEverySchemaHasMetadata()
    {
        BuiltinKinds.All.Select(kind => kind.Gvr).ShouldBeUnique();
        foreach (var kind in BuiltinKinds.All)
        {
            kind.Schema.Properties["metadata"].Properties["ownerReferences"].ListMapKeys.ShouldBe(["uid"], kind.Kind);
            kind.Columns.ShouldContain(column => column.Name == "Name", kind.Kind);
            kind.HasStatus.ShouldBe(kind.Subresources.Contains("status"));
            if (kind.HasStatus) kind.Schema.Properties.ContainsKey("status").ShouldBeTrue(kind.Kind);
        }
    }

    [Theory]
    [InlineData("pods", "spec.containers", "name")]
    [InlineData("pods", "spec.containers.ports", "containerPort,protocol")]
    [InlineData("pods", "spec.topologySpreadConstraints", "topologyKey,whenUnsatisfiable")]
    [InlineData("pods", "spec.tolerations", "")]
    [InlineData("deployments", "spec.template.spec.volumes", "name")]
    [InlineData("deployments", "status.conditions", "type")]
    [InlineData("services", "spec.ports", "port,protocol")]
    [InlineData("nodes", "spec.taints", "")]
    [InlineData("validatingwebhookconfigurations", "webhooks", "name")]
    public void ListKeys(string plural, string path, string keys)
    {
        var schema = BuiltinKinds.All.First(kind => kind.Gvr.Plural == plural).Schema;
        foreach (var name in path.Split('.')) schema = (schema.Items ?? schema).Properties[name];
        string.Join(',', schema.ListMapKeys).ShouldBe(keys);
        schema.ListType.ShouldBe(keys.Length > 0 ? ListType.Map : ListType.Atomic);
    }

    [Fact]
    public void EmptyObjects_OfEveryKind_AreDefaultedPreparedAndShown()
    {
        foreach (var kind in BuiltinKinds.All)
        {
            var obj = kind.Default(new JsonObject { ["metadata"] = new JsonObject { ["name"] = "x", ["uid"] = "u" } });
            kind.PrepareCreate(obj, Around.Write);
            kind.CheckTypes(obj);
            foreach (var column in kind.Columns) Should.NotThrow(() => column.Cell(obj, PureServer.Now), $"{kind.Kind} {column.Name}");
            kind.Validate(obj, null).ShouldNotBeNull();
            obj["apiVersion"]!.ToString().ShouldBe(kind.ApiVersion);
        }
    }

    [Fact]
    public void Default_Twice_IsDefaultOnce()
    {
        foreach (var kind in BuiltinKinds.All)
        {
            var once = kind.Default(JsonNode.Parse("""{"metadata":{"name":"x"},"spec":{"template":{"spec":{"containers":[{"name":"c"}]}},"containers":[{"name":"c"}],"ports":[{"port":1}]}}""")!.AsObject());
            kind.Default(once).ToJsonString().ShouldBe(once.ToJsonString(), kind.Kind);
        }
    }

    [Fact]
    public void WireForm_DropsWhatGoDrops()
    {
        var pod = Kind("pods").Read(JsonNode.Parse("""
            {"metadata":{"name":"p","labels":{},"annotations":{"a":""}},"bogus":1,
             "spec":{"hostNetwork":false,"priority":0,"nodeName":"","volumes":[],"nodeSelector":null,
               "containers":[{"name":"c","env":[{"name":"E","value":""}],"resources":{"limits":{"cpu":"1000m","memory":1024}},
                              "readinessProbe":{"initialDelaySeconds":0,"exec":{"command":["x"]}},"unknown":true}]}}
            """)!.AsObject());
        pod.ToJsonString().ShouldBe(JsonNode.Parse("""
            {"metadata":{"name":"p","annotations":{"a":""}},
             "spec":{"priority":0,"containers":[{"name":"c","env":[{"name":"E"}],"resources":{"limits":{"cpu":"1","memory":"1024"}},"readinessProbe":{"exec":{"command":["x"]}}}]},
             "status":{}}
            """)!.ToJsonString());
    }

    [Theory]
    [InlineData("deployments", """{"spec":{"replicas":"x"}}""", "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("pods", """{"spec":{"containers":[{"image":5}]}}""", "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string")]
    [InlineData("pods", """{"metadata":{"labels":{"a":1}}}""", "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels.a of type string")]
    [InlineData("secrets", """{"data":{"a":"%"}}""", "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 0")]
    public void WrongTypes_AreRefused(string plural, string body, string message)
    {
        var refusal = Should.Throw<ApiException>(() => Kind(plural).CheckTypes(JsonNode.Parse(body)!.AsObject()));
        (refusal.Code, refusal.Message).ShouldBe((400, message));
    }

    [Fact]
    public void Events_AreOneObjectInTwoForms()
    {
        var sent = JsonNode.Parse("""{"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e"},"note":"n","regarding":{"name":"a"},"reportingController":"c/d","action":"A"}""")!.AsObject();
        var core = EventForms.ToCore(sent);
        core["message"]!.ToString().ShouldBe("n");
        core["involvedObject"]!["name"]!.ToString().ShouldBe("a");
        core["reportingComponent"]!.ToString().ShouldBe("c/d");
        var back = EventForms.ToEvents(core);
        (back["note"]!.ToString(), back["regarding"]!["name"]!.ToString(), back["reportingController"]!.ToString(), back["apiVersion"]!.ToString()).ShouldBe(("n", "a", "c/d", "events.k8s.io/v1"));
        Kind("events", "events.k8s.io").Storage.ShouldBe(new Gvr("", "v1", "events"));
    }

    [Fact]
    public void Service_KeepsItsAddresses_AndGivesThemUpWhenExternal()
    {
        var kind = Kind("services");
        var live = Created(kind, """{"metadata":{"name":"s"},"spec":{"type":"NodePort","ports":[{"port":80}]}}""");
        live["spec"]!["clusterIP"]!.ToString().ShouldBe("10.0.0.9");
        live["spec"]!["ports"]![0]!["nodePort"]!.GetValue<int>().ShouldBe(30123);

        var put = Updated(kind, live, """{"metadata":{"name":"s"},"spec":{"type":"ClusterIP","ports":[{"port":80,"nodePort":30123}]}}""");
        put["spec"]!["clusterIP"]!.ToString().ShouldBe("10.0.0.9");
        put["spec"]!["ports"]![0]!.AsObject().ContainsKey("nodePort").ShouldBeFalse();

        var external = Updated(kind, live, """{"metadata":{"name":"s"},"spec":{"type":"ExternalName","externalName":"x.example.com"}}""");
        external["spec"]!.AsObject().ContainsKey("clusterIP").ShouldBeFalse();
    }

    [Fact]
    public void StatusDoor_LeadsToTheStatusOnly_AndTheOtherDoorToAllElse()
    {
        var kind = Kind("deployments");
        var live = Created(kind, Deployment);
        var changed = (JsonObject)live.DeepClone();
        changed["spec"]!["replicas"] = 9;
        changed["status"] = new JsonObject { ["replicas"] = 1 };

        var through = (JsonObject)changed.DeepClone();
        kind.PrepareUpdate(through, live, "status", Around.Write);
        through["spec"]!["replicas"]!.GetValue<int>().ShouldBe(1);
        through["status"]!["replicas"]!.GetValue<int>().ShouldBe(1);
        through["metadata"]!["generation"]!.GetValue<int>().ShouldBe(1);

        kind.PrepareUpdate(changed, live, null, Around.Write);
        changed["status"]!.ToJsonString().ShouldBe("{}");
        changed["metadata"]!["generation"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public void Job_SelectsItsPodsByUid_AndKeepsThatOverAPut()
    {
        var kind = Kind("jobs");
        const string Body = """{"metadata":{"name":"j","uid":"u1"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}""";
        var live = Created(kind, Body);
        live["spec"]!["selector"]!["matchLabels"]!["batch.kubernetes.io/controller-uid"]!.ToString().ShouldBe("u1");
        var put = Updated(kind, live, Body);
        kind.Validate(put, live).Where(fault => fault.Field != "metadata.namespace").ShouldBeEmpty();
        put["metadata"]!["generation"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public void Pod_TakesItsPriority_AndUnknownClassesAreRefused()
    {
        var kind = Kind("pods");
        var pod = Created(kind, """{"metadata":{"name":"p"},"spec":{"priorityClassName":"high","tolerations":[{"operator":"Exists"}],"containers":[{"name":"c","image":"i"}]}}""");
        (pod["spec"]!["priority"]!.GetValue<long>(), pod["spec"]!["preemptionPolicy"]!.ToString()).ShouldBe((100, "Never"));
        pod["spec"]!["tolerations"]!.AsArray().Count.ShouldBe(1);
        Should.Throw<ApiException>(() => Created(kind, """{"metadata":{"name":"p"},"spec":{"priorityClassName":"none","containers":[{"name":"c"}]}}"""))
            .Message.ShouldBe("pods \"p\" is forbidden: no PriorityClass with name none was found");
    }

    [Theory]
    [InlineData("""[{"resources":{"limits":{"nvidia.com/gpu":"1"}}}]""", "BestEffort")]
    [InlineData("""[{"resources":{"requests":{"cpu":"1"}}}]""", "Burstable")]
    [InlineData("""[{"resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1000m","memory":"1024Mi"}}}]""", "Guaranteed")]
    [InlineData("""[{"resources":{"limits":{"cpu":"1","memory":"1Gi"}}},{}]""", "Burstable")]
    public void QualityOfService(string containers, string expected) =>
        Lab.Kinds.Writing.PodAdmission.QosClass(new JsonObject { ["containers"] = JsonNode.Parse(containers) }).ShouldBe(expected);

    [Fact]
    public void Scale_ReadsAndWritesReplicas()
    {
        var live = Created(Kind("deployments"), Deployment);
        var scale = WorkloadScale.Read(live);
        scale["status"]!.ToJsonString().ShouldBe("""{"replicas":0,"selector":"app=d"}""");
        scale["spec"]!["replicas"] = 4;
        WorkloadScale.Write(live, scale)["spec"]!["replicas"]!.GetValue<int>().ShouldBe(4);
        live["spec"]!["replicas"]!.GetValue<int>().ShouldBe(1);
    }

    internal const string Deployment =
        """{"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"app":"d"}},"template":{"metadata":{"labels":{"app":"d"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}}}""";

    private static BuiltinKind Kind(string plural, string? group = null) => BuiltinKinds.All.First(kind => kind.Gvr.Plural == plural && (group is null || kind.Gvr.Group == group));

    private static JsonObject Created(BuiltinKind kind, string body)
    {
        var obj = kind.Default(JsonNode.Parse(body)!.AsObject());
        kind.PrepareCreate(obj, Around.Write);
        return obj;
    }

    private static JsonObject Updated(BuiltinKind kind, JsonObject live, string body)
    {
        var obj = kind.Default(JsonNode.Parse(body)!.AsObject());
        kind.PrepareUpdate(obj, live, null, Around.Write);
        return obj;
    }
}
