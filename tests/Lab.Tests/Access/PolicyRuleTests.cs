using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Nemotron.Lab.Api.Access;

namespace Nemotron.Lab.Tests.Access;

public class PolicyRuleTests
{
    private static readonly UserInfo User = new("u", [UserInfo.Authenticated]);

    [Theory]
    [InlineData("GET", "/api/v1/namespaces/a/pods", "list pods ns=a")]
    [InlineData("GET", "/api/v1/namespaces/a/pods?watch=true", "watch pods ns=a")]
    [InlineData("GET", "/api/v1/pods?watch=false", "list pods")]
    [InlineData("GET", "/api/v1/namespaces/a/pods?watch=1&fieldSelector=metadata.name%3Dp", "watch pods ns=a name=p")]
    [InlineData("GET", "/api/v1/namespaces/a/pods?fieldSelector=spec.nodeName=n", "list pods ns=a")]
    [InlineData("GET", "/api/v1/namespaces/a/pods/p", "get pods ns=a name=p")]
    [InlineData("GET", "/api/v1/namespaces/a/pods/p/log", "get pods/log ns=a name=p")]
    [InlineData("POST", "/api/v1/namespaces/a/pods", "create pods ns=a")]
    [InlineData("POST", "/api/v1/namespaces/a/pods/p/eviction", "create pods/eviction ns=a name=p")]
    [InlineData("PUT", "/apis/apps/v1/namespaces/a/deployments/d/status", "update apps deployments/status ns=a name=d")]
    [InlineData("PATCH", "/apis/apps/v1/namespaces/a/deployments/d/scale", "patch apps deployments/scale ns=a name=d")]
    [InlineData("DELETE", "/apis/apps/v1/namespaces/a/deployments/d", "delete apps deployments ns=a name=d")]
    [InlineData("DELETE", "/apis/apps/v1/namespaces/a/deployments", "deletecollection apps deployments ns=a")]
    [InlineData("GET", "/api/v1/nodes/n", "get nodes name=n")]
    [InlineData("GET", "/api/v1/namespaces", "list namespaces")]
    [InlineData("GET", "/api/v1/namespaces/a", "get namespaces ns=a name=a")]
    [InlineData("PUT", "/api/v1/namespaces/a/finalize", "update namespaces/finalize ns=a name=a")]
    [InlineData("GET", "/healthz", "get path=/healthz")]
    [InlineData("GET", "/apis/apps/v1", "get path=/apis/apps/v1")]
    [InlineData("POST", "/api/v1", "post path=/api/v1")]
    public void Requests_are_read_as_the_server_reads_them(string method, string url, string expected)
    {
        string[] parts = url.Split('?', 2);
        var query = new QueryCollection(QueryHelpers.ParseQuery(parts.ElementAtOrDefault(1)));
        var request = RequestAttributes.Of(User, method, parts[0], query);
        Print(request).ShouldBe(expected);
    }

    [Theory]
    [InlineData("get,list|apps|deployments|", "get apps deployments ns=a name=d", true)]
    [InlineData("get,list|apps|deployments|", "watch apps deployments ns=a", false)]
    [InlineData("get|apps|deployments|", "get extensions deployments ns=a name=d", false)]
    [InlineData("get|apps|deployments|", "get apps deployments/status ns=a name=d", false)]
    [InlineData("get|apps|deployments/status|", "get apps deployments/status ns=a name=d", true)]
    [InlineData("get|apps|*/status|", "get apps deployments/status ns=a name=d", true)]
    [InlineData("get|apps|*/status|", "get apps deployments ns=a name=d", false)]
    [InlineData("get|apps|*|", "get apps deployments/status ns=a name=d", true)]
    [InlineData("*|*|*|", "delete apps deployments ns=a name=d", true)]
    [InlineData("get|*|*|only", "get apps deployments ns=a name=only", true)]
    [InlineData("get|*|*|only", "get apps deployments ns=a name=other", false)]
    [InlineData("list|*|*|only", "list apps deployments ns=a", false)]
    [InlineData("create|*|*|only", "create apps deployments ns=a", false)]
    public void Rules_allow_what_they_name(string rule, string request, bool allowed)
    {
        string[] parts = rule.Split('|');
        new PolicyRule
        {
            Verbs = parts[0].Split(','),
            ApiGroups = [parts[1]],
            Resources = [parts[2]],
            ResourceNames = parts[3].Length == 0 ? [] : [parts[3]],
        }.Allows(Read(request)).ShouldBe(allowed);
    }

    [Theory]
    [InlineData("/healthz", "/healthz", true)]
    [InlineData("/healthz", "/healthz/ping", false)]
    [InlineData("/apis/*", "/apis/apps/v1", true)]
    [InlineData("/apis/*", "/apis", false)]
    [InlineData("*", "/anything", true)]
    public void Rules_allow_paths(string rule, string path, bool allowed) =>
        new PolicyRule { Verbs = ["get"], NonResourceUrls = [rule] }.Allows(new RequestAttributes(User, "get") { Path = path }).ShouldBe(allowed);

    [Fact]
    public void A_rule_covers_the_single_rights_it_grants_and_no_others()
    {
        var rule = new PolicyRule { Verbs = ["get", "list"], ApiGroups = ["", "apps"], Resources = ["pods", "deployments"] };
        rule.Singles().Count().ShouldBe(8);
        rule.Singles().ShouldAllBe(single => rule.Covers(single));
        rule.Covers(new PolicyRule { Verbs = ["watch"], ApiGroups = ["apps"], Resources = ["deployments"] }).ShouldBeFalse();
        var named = rule with { ResourceNames = ["one"] };
        named.Covers(new PolicyRule { Verbs = ["get"], ApiGroups = ["apps"], Resources = ["deployments"] }).ShouldBeFalse("all names are more than one");
        rule.Covers(new PolicyRule { Verbs = ["get"], ApiGroups = ["apps"], Resources = ["deployments"], ResourceNames = ["one"] }).ShouldBeTrue();
        new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }.Covers(new PolicyRule { Verbs = ["get"], ApiGroups = ["x"], Resources = ["y/status"] }).ShouldBeTrue();
    }

    private static string Print(RequestAttributes request)
    {
        if (!request.IsResource) return $"{request.Verb} path={request.Path}";
        string text = string.Join(' ', new[] { request.Verb, request.Group, request.FullResource }.Where(word => word.Length > 0));
        if (request.Namespace.Length > 0) text += $" ns={request.Namespace}";
        return request.Name.Length > 0 ? $"{text} name={request.Name}" : text;
    }

    private static RequestAttributes Read(string text)
    {
        string[] words = text.Split(' ');
        string Of(string key) => words.FirstOrDefault(w => w.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..] ?? "";
        string[] resource = words[2].Split('/');
        return new(User, words[0]) { IsResource = true, Group = words[1], Resource = resource[0], Subresource = resource.ElementAtOrDefault(1) ?? "", Namespace = Of("ns"), Name = Of("name") };
    }
}
