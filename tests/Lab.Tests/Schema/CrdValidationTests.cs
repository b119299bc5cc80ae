using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Schema;

public sealed class CrdValidationTests
{
    private const string TooDear = "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
    private const string Root = "spec.validation.openAPIV3Schema";

    private static JsonObject Crd(string schema, Action<JsonObject>? change = null)
    {
        var crd = Widgets.Object("""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.lab.example.com"},
             "spec":{"group":"lab.example.com","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget"},
               "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}}}]}}
            """);
        crd["spec"]!["versions"]![0]!["schema"] = new JsonObject { ["openAPIV3Schema"] = JsonNode.Parse(schema) };
        change?.Invoke(crd);
        CrdDefaults.Apply(crd);
        return crd;
    }

    private static string Judge(string schema, Action<JsonObject>? change = null) =>
        string.Join("; ", CrdValidation.Validate(Crd(schema, change)).Select(c => $"{c.Reason} {c.Field}: {c.Message}"));

    private static string Spec(string spec) => "{\"type\":\"object\",\"properties\":{\"spec\":" + spec + "}}";

    private const string Plain = """{"type":"object"}""";

    [Fact]
    public void A_plain_definition_passes_and_gets_its_names_filled_in()
    {
        var crd = Crd(Plain);
        CrdValidation.Validate(crd).ShouldBeEmpty();
        crd["spec"]!["names"]!.ToJsonString().ShouldBe("""{"plural":"widgets","kind":"Widget","singular":"widget","listKind":"WidgetList"}""");
        crd["spec"]!["conversion"]!.ToJsonString().ShouldBe("""{"strategy":"None"}""");
    }

    [Fact]
    public void Names_groups_and_scopes()
    {
        Judge(Plain, c => c["metadata"]!["name"] = "wrong.lab.example.com").ShouldBe(
            "FieldValueInvalid metadata.name: Invalid value: \"wrong.lab.example.com\": must be spec.names.plural+\".\"+spec.group");
        Judge(Plain, c => (c["metadata"]!["name"], c["spec"]!["group"]) = ("widgets.apps", "apps")).ShouldBe(
            "FieldValueInvalid spec.group: Invalid value: \"apps\": should be a domain with at least one dot");
        Judge(Plain, c => c["spec"]!["scope"] = "Global").ShouldBe("FieldValueNotSupported spec.scope: Unsupported value: \"Global\": supported values: \"Cluster\", \"Namespaced\"");
        Judge(Plain, c => c["spec"]!["names"]!["kind"] = "My_Kind").ShouldContain("FieldValueInvalid spec.names.kind: Invalid value: \"My_Kind\": may have mixed case, but should otherwise match: a DNS-1035 label");
        Judge(Plain, c => c["spec"]!["names"]!["listKind"] = "Widget").ShouldBe("FieldValueInvalid spec.names.listKind: Invalid value: \"Widget\": kind and listKind may not be the same");
        Judge(Plain, c => (c["metadata"]!["name"], c["spec"]!["group"]) = ("widgets.lab.k8s.io", "lab.k8s.io")).ShouldStartWith("FieldValueRequired metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation");
    }

    [Fact]
    public void Versions_scale_paths_and_columns()
    {
        Judge(Plain, c => c["spec"]!["versions"]![0]!["storage"] = false).ShouldBe(
            "FieldValueInvalid spec.versions: Invalid value: [{\"Name\":\"v1\",\"Served\":true,\"Storage\":false,\"Deprecated\":false,\"DeprecationWarning\":null,\"Schema\":null,\"Subresources\":null,\"AdditionalPrinterColumns\":null,\"SelectableFields\":null}]: must have exactly one version marked as storage version");
        Judge(Plain, c => c["spec"]!["versions"]!.AsArray().Add(c["spec"]!["versions"]![0]!.DeepClone())).ShouldContain("must contain unique version names");
        Judge(Plain, c => c["spec"]!["versions"]![0]!.AsObject().Remove("schema")).ShouldBe("FieldValueRequired spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required");
        Judge(Plain, c => c["spec"]!["versions"]![0]!["subresources"]!["scale"] = Widgets.Object("""{"specReplicasPath":"spec.replicas","statusReplicasPath":".spec.replicas"}""")).ShouldBe(
            "FieldValueInvalid spec.subresources.scale.specReplicasPath: Invalid value: \"spec.replicas\": must be a simple json path starting with .; "
            + "FieldValueInvalid spec.subresources.scale.statusReplicasPath: Invalid value: \".spec.replicas\": should be a json path under .status");
        Judge(Plain, c => c["spec"]!["versions"]![0]!["additionalPrinterColumns"] = JsonNode.Parse("""[{"name":"A","type":"text","jsonPath":"spec.a"}]""")).ShouldBe(
            "FieldValueInvalid spec.additionalPrinterColumns[0].type: Invalid value: \"text\": must be one of boolean,date,integer,number,string; "
            + "FieldValueInvalid spec.additionalPrinterColumns[0].JSONPath: Invalid value: \"spec.a\": must be a simple json path starting with .");
        Judge(Plain, c => c["spec"]!["versions"]![0]!["selectableFields"] = JsonNode.Parse("""[{"jsonPath":".spec.nope"}]""")).ShouldStartWith("FieldValueInvalid spec.selectableFields[0].jsonPath: Invalid value: \".spec.nope\": is an invalid path");
        Judge(Plain, c => c["status"] = Widgets.Object("""{"storedVersions":["v0"]}""")).ShouldStartWith("FieldValueInvalid status.storedVersions[0]: Invalid value: \"v0\": missing from spec.versions");
    }

    [Fact]
    public void Paths_name_the_version_only_where_versions_differ()
    {
        const string bad = """{"type":"object","properties":{"a":{}}}""";
        Judge(bad, c => c["spec"]!["versions"]!.AsArray().Add(Second(c, bad))).ShouldStartWith("FieldValueRequired spec.validation.openAPIV3Schema.properties[a].type");
        Judge(bad, c => c["spec"]!["versions"]!.AsArray().Add(Second(c, Plain))).ShouldStartWith("FieldValueRequired spec.versions[0].schema.openAPIV3Schema.properties[a].type");

        static JsonObject Second(JsonObject crd, string schema)
        {
            var version = crd["spec"]!["versions"]![0]!.DeepClone().AsObject();
            (version["name"], version["storage"]) = ("v2", false);
            version["schema"]!["openAPIV3Schema"] = JsonNode.Parse(schema);
            return version;
        }
    }

    [Fact]
    public void What_makes_the_name_of_a_thing_does_not_change()
    {
        var old = Crd(Plain);
        old["status"] = Widgets.Object("""{"conditions":[{"type":"Established","status":"True"}],"storedVersions":["v1"]}""");
        CrdValidation.Validate(Crd(Plain, c => c["spec"]!["scope"] = "Cluster"), old).ShouldHaveSingleItem().ShouldBe(
            new Nemotron.Lab.Api.StatusCause("spec.scope", "FieldValueInvalid", "Invalid value: \"Cluster\": field is immutable"));
    }

    [Theory]
    [InlineData("""{"properties":{"spec":{"properties":{"x":{}}}}}""",
        "FieldValueRequired spec.validation.openAPIV3Schema.properties[spec].properties[x].type: Required value: must not be empty for specified object fields; "
        + "FieldValueRequired spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields; "
        + "FieldValueRequired spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array"}}}""", "FieldValueRequired spec.validation.openAPIV3Schema.properties[a].items: Required value: must be specified")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","items":{}}}}""", "FieldValueRequired spec.validation.openAPIV3Schema.properties[a].items.type: Required value: must not be empty for specified array items")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}},"additionalProperties":{"type":"string"}}}}""",
        "FieldValueForbidden spec.validation.openAPIV3Schema.properties[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],"items":{"type":"object","properties":{"k":{"type":"string"}}}}}}""",
        "FieldValueRequired spec.validation.openAPIV3Schema.properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","x-kubernetes-list-type":"set"}}}""", "FieldValueInvalid spec.validation.openAPIV3Schema.properties[a].type: Invalid value: \"string\": must be array if x-kubernetes-list-type is specified")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","uniqueItems":true}}}""", "FieldValueForbidden spec.validation.openAPIV3Schema.properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","anyOf":[{"type":"object"}]}}}""", "FieldValueForbidden spec.validation.openAPIV3Schema.properties[a].anyOf[0].type: Forbidden: must be empty to be structural")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","anyOf":[{"properties":{"b":{"minimum":1}}}]}}}""",
        "FieldValueRequired spec.validation.openAPIV3Schema.properties[a].properties[b]: Required value: because it is defined in spec.validation.openAPIV3Schema.properties[a].anyOf[0].properties[b]")]
    [InlineData("""{"type":"object","properties":{"a":{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]}}}""", "")]
    [InlineData("""{"type":"object","properties":{"metadata":{"type":"object","properties":{"labels":{"type":"object"}}}}}""", "FieldValueForbidden spec.validation.openAPIV3Schema.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer","default":"a"}}}""", "FieldValueTypeInvalid spec.validation.openAPIV3Schema.properties[a].default: Invalid value: \"string\":  in body must be of type integer: \"string\"")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","default":{"b":1},"properties":{"b":{"type":"integer","maximum":0}}}}}""",
        "FieldValueInvalid spec.validation.openAPIV3Schema.properties[a].default.b: Invalid value: 1: b in body should be less than or equal to 0")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","default":{"x":1}}}}""", "FieldValueInvalid spec.validation.openAPIV3Schema.properties[a].default: Invalid value: {\"x\":1}: must not have unknown fields")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer","default":1,"x-kubernetes-validations":[{"rule":"self > 1","message":"more"}]}}}""", "FieldValueInvalid spec.validation.openAPIV3Schema.properties[a].default: Invalid value: 1: more")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer","allOf":[{"x-kubernetes-validations":[{"rule":"self > 1"}]}]}}}""", "FieldValueForbidden spec.validation.openAPIV3Schema.properties[a].allOf[0].x-kubernetes-validations: Forbidden: must be empty to be structural")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"strin"}}}""", "FieldValueNotSupported spec.validation.openAPIV3Schema.properties[a].type: Unsupported value: \"strin\": supported values: \"array\", \"boolean\", \"integer\", \"number\", \"object\", \"string\"")]
    public void A_schema_and_what_is_wrong_with_it(string schema, string expected) => Judge(schema).ShouldBe(expected);

    [Theory]
    [InlineData("""{"type":"object","properties":{"x":{"type":"integer"}},"x-kubernetes-validations":[{"rule":"self.y > 1"}]}""",
        "FieldValueInvalid spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {\"Rule\":\"self.y \\u003e 1\",\"Message\":\"\",\"MessageExpression\":\"\",\"Reason\":null,\"FieldPath\":\"\",\"OptionalOldSelf\":null}: compilation failed: ERROR: <input>:1:5: undefined field 'y'\n | self.y > 1\n | ....^")]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":"self"}]}""",
        "FieldValueInvalid spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {\"Rule\":\"self\",\"Message\":\"\",\"MessageExpression\":\"\",\"Reason\":null,\"FieldPath\":\"\",\"OptionalOldSelf\":null}: cel expression must evaluate to a bool")]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":" "}]}""", "FieldValueRequired spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Required value: rule is not specified")]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":"self\n > 1"}]}""", "FieldValueRequired spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].message: Required value: message or messageExpression must be specified if rule contains line breaks")]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":"self > 1","reason":"Other"}]}""", "FieldValueNotSupported spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].reason: Unsupported value: \"Other\": supported values: \"FieldValueDuplicate\", \"FieldValueForbidden\", \"FieldValueInvalid\", \"FieldValueRequired\"")]
    [InlineData("""{"type":"object","x-kubernetes-validations":[{"rule":"true","fieldPath":".nope"}]}""", "FieldValueInvalid spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].fieldPath: Invalid value: \".nope\": fieldPath must be a valid path: does not refer to a valid field")]
    [InlineData("""{"type":"array","maxItems":2,"items":{"type":"integer","x-kubernetes-validations":[{"rule":"self > oldSelf"}]}}""",
        "FieldValueInvalid spec.validation.openAPIV3Schema.properties[spec].items.x-kubernetes-validations[0].rule: Invalid value: \"self > oldSelf\": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec]")]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":"self > 1","optionalOldSelf":true}]}""", "FieldValueInvalid spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule")]
    public void A_rule_and_what_is_wrong_with_it(string spec, string expected) => Judge(Spec(spec)).ShouldBe(expected);

    [Fact]
    public void A_message_that_nothing_bounds_is_refused_three_times_over() =>
        Judge(Spec("""{"type":"object","properties":{"tp":{"type":"integer"}},"x-kubernetes-validations":[{"rule":"!has(self.tp)"},{"rule":"self.tp > 1","messageExpression":"'not ' + string(self.tp)"}]}""")).ShouldBe(
            $"FieldValueForbidden {Root}.properties[spec].x-kubernetes-validations[1].messageExpression: Forbidden: estimated messageExpression cost exceeds budget by factor of more than 100x {TooDear}; "
            + $"FieldValueForbidden {Root}.properties[spec].x-kubernetes-validations[1].messageExpression: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema; "
            + $"FieldValueForbidden {Root}: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x {TooDear}");

    [Theory]
    // one unbounded string against a constant
    [InlineData("""{"type":"string","x-kubernetes-validations":[{"rule":"self.startsWith('a')"}]}""", true)]
    // a product of two unbounded sizes
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"x-kubernetes-validations":[{"rule":"self.a.contains(self.b)"}]}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","maxLength":100},"b":{"type":"string","maxLength":100}},"x-kubernetes-validations":[{"rule":"self.a.contains(self.b)"}]}""", true)]
    [InlineData("""{"type":"array","items":{"type":"string"},"x-kubernetes-validations":[{"rule":"self.all(x, self.all(y, x == y))"}]}""", false)]
    [InlineData("""{"type":"array","maxItems":32,"items":{"type":"string","maxLength":64},"x-kubernetes-validations":[{"rule":"self.all(x, self.exists_one(y, x == y))"}]}""", true)]
    // a rule below an unbounded list is run as often as a request can hold items
    [InlineData("""{"type":"array","items":{"type":"object","properties":{"n":{"type":"string","maxLength":250}},"x-kubernetes-validations":[{"rule":"self.n.matches('^[a-z]+$')"}]}}""", false)]
    [InlineData("""{"type":"array","maxItems":64,"items":{"type":"object","properties":{"n":{"type":"string","maxLength":250}},"x-kubernetes-validations":[{"rule":"self.n.matches('^[a-z]+$')"}]}}""", true)]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string"},"x-kubernetes-validations":[{"rule":"self.all(k, self[k].matches('^[a-z]{1,20}$'))"}]}""", false)]
    [InlineData("""{"type":"object","properties":{"mode":{"type":"string","enum":["On","Off"]}},"x-kubernetes-validations":[{"rule":"self.mode == 'On'","messageExpression":"'mode is ' + self.mode"}]}""", true)]
    [InlineData("""{"type":"object","properties":{"q":{"type":"string","maxLength":32}},"x-kubernetes-validations":[{"rule":"quantity(self.q).isGreaterThan(quantity('1Gi'))"}]}""", true)]
    // shapes that operators in the wild rely on
    [InlineData("""{"type":"array","maxItems":100,"items":{"type":"object","required":["key"],"properties":{"key":{"type":"string","maxLength":316,"x-kubernetes-validations":[{"rule":"self in ['a.io/x', 'b.io/y'] || !self.find('^([^/]+)').endsWith('karpenter.sh')"}]},"values":{"type":"array","maxItems":50,"items":{"type":"string"}}}},"x-kubernetes-validations":[{"rule":"self.all(x, x.key != 'a' || x.values.size() > 0)"}]}""", true)]
    [InlineData("""{"type":"object","properties":{"min":{"x-kubernetes-int-or-string":true},"max":{"x-kubernetes-int-or-string":true}},"x-kubernetes-validations":[{"rule":"!has(self.min) || type(self.min) == int || self.min.endsWith('%')"}]}""", true)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","maxLength":63}},"x-kubernetes-validations":[{"rule":"self.?a.orValue('') != 'x'","messageExpression":"'got ' + self.?a.orValue('nothing')"},{"rule":"self == oldSelf"}]}""", true)]
    [InlineData("""{"type":"array","maxItems":16,"items":{"type":"string","maxLength":64},"x-kubernetes-validations":[{"rule":"self.map(x, x.lowerAscii()).all(x, x.startsWith('n'))","messageExpression":"'got ' + self.join(', ')"}]}""", true)]
    public void Costs_are_bounded_by_what_the_schema_bounds(string spec, bool affordable) =>
        (Judge(Spec(spec)).Length == 0).ShouldBe(affordable, Judge(Spec(spec)));

    [Fact]
    public void A_little_too_much_is_told_with_decimals()
    {
        // 200 x 200 comparisons of strings of up to 4,000 bytes at 0.1 a byte are 16 million; the steps of the two loops add a little.
        var verdict = Judge(Spec("""{"type":"array","maxItems":200,"items":{"type":"string","maxLength":1000},"x-kubernetes-validations":[{"rule":"self.all(x, self.all(y, x == y))"}]}"""));
        verdict.ShouldBe($"FieldValueForbidden {Root}.properties[spec].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 1.6x {TooDear}");
    }
}
