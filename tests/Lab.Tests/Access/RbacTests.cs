using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Tests.Access;

/// <summary>RBAC over the wire: who is let in, and how the others are told.</summary>
public class RbacTests
{
    private const string Deployments = "/apis/apps/v1/namespaces/models/deployments";
    private const string Apply = "application/apply-patch+yaml";
    private const string Deployment = """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},
         "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}}}
        """;

    [Theory]
    [InlineData("GET", "/api/v1/namespaces/models/pods", "pods is forbidden: User \"system:serviceaccount:models:op\" cannot list resource \"pods\" in API group \"\" in the namespace \"models\"", "pods", null)]
    [InlineData("GET", "/apis/apps/v1/namespaces/models/deployments/d", "deployments.apps \"d\" is forbidden: User \"system:serviceaccount:models:op\" cannot get resource \"deployments\" in API group \"apps\" in the namespace \"models\"", "deployments", "d")]
    [InlineData("PATCH", "/apis/apps/v1/namespaces/models/deployments/d/status", "deployments.apps \"d\" is forbidden: User \"system:serviceaccount:models:op\" cannot patch resource \"deployments/status\" in API group \"apps\" in the namespace \"models\"", "deployments", "d")]
    [InlineData("GET", "/api/v1/nodes?watch=true", "nodes is forbidden: User \"system:serviceaccount:models:op\" cannot watch resource \"nodes\" in API group \"\" at the cluster scope", "nodes", null)]
    [InlineData("DELETE", "/api/v1/namespaces/models/configmaps", "configmaps is forbidden: User \"system:serviceaccount:models:op\" cannot deletecollection resource \"configmaps\" in API group \"\" in the namespace \"models\"", "configmaps", null)]
    // Whether something is served is not told to those who may not ask for it.
    [InlineData("GET", "/apis/none.example.com/v1/things", "things.none.example.com is forbidden: User \"system:serviceaccount:models:op\" cannot list resource \"things\" in API group \"none.example.com\" at the cluster scope", "things", null)]
    [InlineData("GET", "/metrics", "forbidden: User \"system:serviceaccount:models:op\" cannot get path \"/metrics\"", null, null)]
    public async Task What_no_rule_allows_is_refused_word_for_word(string method, string path, string message, string? kind, string? name)
    {
        await using var lab = await SecureLab.StartAsync();
        var (code, body) = await SecureLab.SendAsync(lab.Account("models", "op"), method, path, method == "PATCH" ? "{}" : null, "application/merge-patch+json");
        code.ShouldBe(403);
        ((string?)body["message"]).ShouldBe(message);
        ((string?)body["reason"]).ShouldBe("Forbidden");
        ((string?)body["details"]?["kind"]).ShouldBe(kind);
        ((string?)body["details"]?["name"]).ShouldBe(name);
    }

    [Fact]
    public async Task Nobody_and_bad_credentials_are_told_apart()
    {
        await using var lab = await SecureLab.StartAsync();
        var (code, body) = await SecureLab.SendAsync(lab.Client(), "GET", "/api/v1/namespaces/default/pods");
        code.ShouldBe(403);
        ((string?)body["message"]).ShouldBe("pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"");
        (await SecureLab.SendAsync(lab.Client(), "GET", "/readyz")).Code.ShouldBe(200);
        (code, body) = await SecureLab.SendAsync(lab.Client("nonsense"), "GET", "/readyz");
        code.ShouldBe(401);
        body.ToJsonString().ShouldBe("""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}""");
    }

    [Fact]
    public async Task Roles_grant_in_their_namespace_and_cluster_roles_everywhere()
    {
        await using var lab = await SecureLab.StartAsync();
        var op = lab.Account("models", "op");
        lab.Grant("models", "models/op", """[{"apiGroups":["apps"],"resources":["deployments"],"verbs":["get","list"]}]""");
        (await SecureLab.SendAsync(op, "GET", Deployments)).Code.ShouldBe(200);
        (await SecureLab.SendAsync(op, "GET", "/apis/apps/v1/namespaces/default/deployments")).Code.ShouldBe(403);
        (await SecureLab.SendAsync(op, "GET", "/apis/apps/v1/deployments")).Code.ShouldBe(403);
        lab.Grant(null, "models/op", """[{"apiGroups":["apps"],"resources":["deployments"],"verbs":["list"]}]""");
        (await SecureLab.SendAsync(op, "GET", "/apis/apps/v1/deployments")).Code.ShouldBe(200);
        (await SecureLab.SendAsync(op, "DELETE", $"{Deployments}/d")).Code.ShouldBe(403);
    }

    [Fact]
    public async Task A_binding_to_a_role_that_is_missing_is_named_in_the_refusal()
    {
        await using var lab = await SecureLab.StartAsync();
        var op = lab.Account("models", "op");
        lab.Create("clusterrolebindings", null, """
            {"metadata":{"name":"b"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"gone"},
             "subjects":[{"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"system:serviceaccounts:models"}]}
            """);
        var (_, body) = await SecureLab.SendAsync(op, "GET", "/api/v1/nodes");
        ((string?)body["message"]).ShouldBe("nodes is forbidden: User \"system:serviceaccount:models:op\" cannot list resource \"nodes\" in API group \"\" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found");
    }

    [Fact]
    public async Task An_apply_that_creates_needs_both_verbs()
    {
        await using var lab = await SecureLab.StartAsync();
        var op = lab.Account("models", "op");
        lab.Grant("models", "models/op", """[{"apiGroups":["apps"],"resources":["deployments"],"verbs":["patch"]}]""");
        var (code, body) = await SecureLab.SendAsync(op, "PATCH", $"{Deployments}/d?fieldManager=op", Deployment, Apply);
        code.ShouldBe(403);
        ((string?)body["message"]).ShouldBe("deployments.apps \"d\" is forbidden: ");
        lab.Grant("models", "models/op", """[{"apiGroups":["apps"],"resources":["deployments"],"verbs":["create"]}]""");
        (await SecureLab.SendAsync(op, "PATCH", $"{Deployments}/d?fieldManager=op", Deployment, Apply)).Code.ShouldBe(201);
    }

    [Fact]
    public async Task Reviews_answer_as_the_authorizer_decides()
    {
        await using var lab = await SecureLab.StartAsync();
        var op = lab.Account("models", "op");
        lab.Grant("models", "models/op", """[{"apiGroups":["apps"],"resources":["deployments"],"verbs":["get"]}]""");
        const string ask = """{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":{"namespace":"models","verb":"VERB","group":"apps","resource":"deployments"}}}""";
        var (code, yes) = await SecureLab.SendAsync(op, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", ask.Replace("VERB", "get", StringComparison.Ordinal));
        code.ShouldBe(201);
        ((bool)yes["status"]!["allowed"]!).ShouldBeTrue();
        ((string?)yes["status"]!["reason"])!.ShouldStartWith("RBAC: allowed by RoleBinding \"");
        ((string?)yes["status"]!["reason"])!.ShouldEndWith("\" to ServiceAccount \"op/models\"");
        var (_, no) = await SecureLab.SendAsync(op, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", ask.Replace("VERB", "delete", StringComparison.Ordinal));
        no["status"]!.ToJsonString().ShouldBe("""{"allowed":false}""");

        // About others one must be allowed to ask.
        const string about = """{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"system:serviceaccount:models:op","resourceAttributes":{"namespace":"models","verb":"get","group":"apps","resource":"deployments"}}}""";
        (await SecureLab.SendAsync(op, "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", about)).Code.ShouldBe(403);
        var (_, told) = await SecureLab.SendAsync(lab.Client(Admin(lab)), "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", about);
        ((bool)told["status"]!["allowed"]!).ShouldBeTrue();
        (await SecureLab.SendAsync(lab.Client(Admin(lab)), "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", """{"spec":{"user":"u"}}""")).Code.ShouldBe(422);

        var (_, rules) = await SecureLab.SendAsync(op, "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", """{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","spec":{"namespace":"models"}}""");
        ((JsonArray)rules["status"]!["resourceRules"]!).Select(r => r!["resources"]!.ToJsonString()).ShouldContain("""["deployments"]""");

        var (_, who) = await SecureLab.SendAsync(op, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", """{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}""");
        ((string?)who["status"]!["userInfo"]!["username"]).ShouldBe("system:serviceaccount:models:op");
        ((JsonArray)who["status"]!["userInfo"]!["groups"]!).Select(g => (string?)g).ShouldBe(["system:serviceaccounts", "system:serviceaccounts:models", "system:authenticated"]);
    }

    [Fact]
    public async Task Who_may_can_act_as_another()
    {
        await using var lab = await SecureLab.StartAsync();
        var op = lab.Account("models", "op");
        lab.Account("models", "other");
        var (code, body) = await SecureLab.SendAsync(op, "GET", "/api/v1/nodes", headers: ("Impersonate-User", "jane"));
        code.ShouldBe(403);
        ((string?)body["message"]).ShouldBe("users \"jane\" is forbidden: User \"system:serviceaccount:models:op\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope");

        lab.Grant(null, "models/other", """[{"apiGroups":[""],"resources":["nodes"],"verbs":["list"]}]""");
        var admin = lab.Client(Admin(lab));
        (await SecureLab.SendAsync(admin, "GET", "/api/v1/nodes", headers: ("Impersonate-User", "system:serviceaccount:models:other"))).Code.ShouldBe(200);
        (code, body) = await SecureLab.SendAsync(admin, "GET", "/api/v1/pods", headers: ("Impersonate-User", "system:serviceaccount:models:other"));
        code.ShouldBe(403);
        ((string?)body["message"])!.ShouldContain("User \"system:serviceaccount:models:other\" cannot list resource \"pods\"");
        (await SecureLab.SendAsync(admin, "GET", "/api/v1/pods", headers: [("Impersonate-User", "jane"), ("Impersonate-Group", "system:masters"), ("User-Agent", "as-jane")])).Code.ShouldBe(200);
        var entry = await lab.AuditedAsync("as-jane");
        (entry.User, entry.ImpersonatedUser, entry.Code).ShouldBe(("lab-admin", "jane", 200));
    }

    [Fact]
    public async Task Nobody_grants_what_he_does_not_have()
    {
        await using var lab = await SecureLab.StartAsync();
        var op = lab.Account("models", "op");
        lab.Grant("models", "models/op", """[{"apiGroups":["rbac.authorization.k8s.io"],"resources":["roles","rolebindings"],"verbs":["create","update","patch","get"]},{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]""");
        const string roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/models/roles";
        (await SecureLab.SendAsync(op, "POST", roles, """{"metadata":{"name":"fine"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]}""")).Code.ShouldBe(201);
        var (code, body) = await SecureLab.SendAsync(op, "POST", roles, """{"metadata":{"name":"more"},"rules":[{"apiGroups":["","apps"],"resources":["pods"],"verbs":["get","delete"]}]}""");
        code.ShouldBe(403);
        ((string?)body["message"]).ShouldBe(
            "roles.rbac.authorization.k8s.io \"more\" is forbidden: user \"system:serviceaccount:models:op\" (groups=[\"system:serviceaccounts\" \"system:serviceaccounts:models\" \"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}\n{APIGroups:[\"apps\"], Resources:[\"pods\"], Verbs:[\"get\" \"delete\"]}");

        const string bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/models/rolebindings";
        const string binding = """{"metadata":{"name":"b"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"ROLE"},"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"u"}]}""";
        (code, body) = await SecureLab.SendAsync(op, "POST", bindings, binding.Replace("ROLE", "view", StringComparison.Ordinal));
        code.ShouldBe(403);
        ((string?)body["message"])!.ShouldStartWith("rolebindings.rbac.authorization.k8s.io \"b\" is forbidden: user ");
        lab.Grant(null, "models/op", """[{"apiGroups":["rbac.authorization.k8s.io"],"resources":["clusterroles"],"resourceNames":["view"],"verbs":["bind"]}]""");
        (await SecureLab.SendAsync(op, "POST", bindings, binding.Replace("ROLE", "view", StringComparison.Ordinal))).Code.ShouldBe(201);
        (await SecureLab.SendAsync(op, "POST", bindings, binding.Replace("\"b\"", "\"c\"", StringComparison.Ordinal).Replace("ROLE", "cluster-admin", StringComparison.Ordinal))).Code.ShouldBe(403);
    }

    [Fact]
    public async Task Roles_labelled_for_it_become_part_of_view_edit_and_admin()
    {
        await using var lab = await SecureLab.StartAsync();
        var jane = lab.Account("models", "jane");
        lab.Create("clusterrolebindings", null, """
            {"metadata":{"name":"v"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"},"subjects":[{"kind":"ServiceAccount","namespace":"models","name":"jane"}]}
            """);
        (await SecureLab.SendAsync(jane, "GET", "/api/v1/pods")).Code.ShouldBe(200);
        (await SecureLab.SendAsync(jane, "GET", "/api/v1/secrets")).Code.ShouldBe(403);
        const string path = "/apis/serving.example.com/v1/things";
        (await SecureLab.SendAsync(jane, "GET", path)).Code.ShouldBe(403);
        lab.Create("clusterroles", null, """
            {"metadata":{"name":"things-view","labels":{"rbac.authorization.k8s.io/aggregate-to-view":"true"}},"rules":[{"apiGroups":["serving.example.com"],"resources":["things"],"verbs":["list"]}]}
            """);
        // Allowed now; nothing of that name is served.
        (await SecureLab.SendAsync(jane, "GET", path)).Code.ShouldBe(404);
        var admin = lab.Server.Api.Get(new Gvr("rbac.authorization.k8s.io", "v1", "clusterroles"), null, "admin")!;
        admin["rules"]!.ToJsonString().ShouldContain("things");
        admin["rules"]!.ToJsonString().ShouldContain("rolebindings");
    }

    [Fact]
    public async Task Without_rbac_everybody_may_and_is_still_known_by_name()
    {
        await using var lab = await SecureLab.StartAsync(new() { Tls = true });
        (await SecureLab.SendAsync(lab.Account("models", "op"), "GET", "/api/v1/nodes", headers: ("User-Agent", "op"))).Code.ShouldBe(200);
        (await lab.AuditedAsync("op")).User.ShouldBe("system:serviceaccount:models:op");
        (await SecureLab.SendAsync(lab.Client("nonsense"), "GET", "/api/v1/nodes", headers: ("User-Agent", "somebody"))).Code.ShouldBe(200);
        (await lab.AuditedAsync("somebody")).User.ShouldBe("lab-admin");
    }

    private static string Admin(SecureLab lab)
    {
        string path = Path.GetTempFileName();
        try
        {
            lab.Server.WriteKubeconfig(path);
            return File.ReadLines(path).Single(line => line.TrimStart().StartsWith("token:", StringComparison.Ordinal)).Split(':')[1].Trim();
        }
        finally
        {
            File.Delete(path);
        }
    }
}
