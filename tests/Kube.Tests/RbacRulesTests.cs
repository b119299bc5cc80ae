using k8s.Models;

namespace Nemotron.Kube.Tests;

public sealed class RbacRulesTests
{
    [EntityRbac(typeof(Widget), Verbs = RbacVerb.Read, Subresources = ["status"])]
    [EntityRbac(typeof(Widget), Verbs = RbacVerb.Patch)]
    [EntityRbac(typeof(V1ConfigMap), typeof(V1Service), Verbs = RbacVerb.Read | RbacVerb.Delete)]
    [GenericRbac(Groups = [""], Resources = ["pods/eviction"], Verbs = RbacVerb.Create)]
    [GenericRbac(Urls = ["/metrics"], Verbs = RbacVerb.Get)]
    private sealed class Attributed;

    [Fact]
    public void Rules_AreJoinedAndSorted()
    {
        var rules = RbacRules.Of(typeof(Attributed)).Select(r =>
            $"{string.Join(',', r.ApiGroups ?? [])} {string.Join(',', r.Resources ?? r.NonResourceURLs)}: {string.Join(',', r.Verbs)}");
        rules.ShouldBe(
        [
            " configmaps,services: delete,get,list,watch",
            " pods/eviction: create",
            "test.example.com widgets: get,list,patch,watch",
            "test.example.com widgets/status: get,list,watch",
            " /metrics: get",
        ]);
    }
}
