using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Schema;

public sealed class CompiledRulesTests
{
    private static readonly StructuralSchema WidgetSchema = Widgets.Read("""
        {"type":"object","required":["spec"],"properties":{"spec":{"type":"object","required":["model"],
          "x-kubernetes-validations":[
            {"rule":"!(has(self.replicas) && has(self.autoscaling))","message":"replicas and autoscaling exclude each other","reason":"FieldValueForbidden","fieldPath":".replicas"},
            {"rule":"self.model != 'Ultra' || !has(self.tp) || self.tp >= 4","messageExpression":"'too few GPUs for ' + self.model"}],
          "properties":{
            "model":{"type":"string","maxLength":16,"enum":["Nano","Super","Ultra"],"x-kubernetes-validations":[{"rule":"self == oldSelf","message":"model is immutable"}]},
            "tp":{"type":"integer","minimum":1},
            "replicas":{"type":"integer","minimum":0},
            "autoscaling":{"type":"object","properties":{"min":{"type":"integer","default":1},"max":{"type":"integer"}},"x-kubernetes-validations":[{"rule":"self.min <= self.max","message":"min must not be above max"}]},
            "items":{"type":"array","maxItems":4,"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["key"],
              "items":{"type":"object","required":["key"],"properties":{"key":{"type":"string"},"size":{"type":"integer","x-kubernetes-validations":[{"rule":"self >= oldSelf"}]}}}},
            "quotas":{"type":"object","additionalProperties":{"type":"integer","x-kubernetes-validations":[{"rule":"self % 2 == 0","message":"even, please"}]}}}}}}
        """);

    private static IReadOnlyList<string> Judge(string spec, string? oldSpec = null) =>
        [.. new ResourceValidation(WidgetSchema, CompiledRules.Compile(WidgetSchema), Widgets.Object("""{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"}"""))
            .Validate(Widgets.Spec(spec), oldSpec is null ? null : Widgets.Spec(oldSpec)).Select(c => $"{c.Reason} {c.Field}: {c.Message}")];

    private static IReadOnlyList<string> One(string property, string value, string? old = null)
    {
        var schema = Widgets.Read("{\"type\":\"object\",\"properties\":{\"x\":" + property + "}}");
        return [.. CompiledRules.Compile(schema).Validate(Widgets.Object($$"""{"x":{{value}}}"""), old is null ? null : Widgets.Object($$"""{"x":{{old}}}""")).Select(c => $"{c.Field}: {c.Message}")];
    }

    [Fact]
    public void The_rules_of_a_widget_speak_as_recorded()
    {
        Judge("""{"model":"Nano","replicas":1,"autoscaling":{"min":1,"max":2}}""").ShouldBe(["FieldValueForbidden spec.replicas: Forbidden: replicas and autoscaling exclude each other"]);
        Judge("""{"model":"Ultra","tp":2}""").ShouldBe(["FieldValueInvalid spec: Invalid value: too few GPUs for Ultra"]);
        Judge("""{"model":"Nano","autoscaling":{"min":5,"max":2}}""").ShouldBe(["FieldValueInvalid spec.autoscaling: Invalid value: min must not be above max"]);
        Judge("""{"model":"Super"}""", """{"model":"Nano"}""").ShouldBe(["FieldValueInvalid spec.model: Invalid value: \"Super\": model is immutable"]);
        Judge("""{"model":"Super"}""").ShouldBeEmpty();
        Judge("""{"model":"Nano","quotas":{"a":2,"b":3}}""").ShouldBe(["FieldValueInvalid spec.quotas[b]: Invalid value: 3: even, please"]);
    }

    [Fact]
    public void A_fault_of_shape_keeps_rules_from_running_and_a_fault_of_range_does_not()
    {
        Judge("""{"model":"Ultra","tp":"two"}""").ShouldBe([
            "FieldValueTypeInvalid spec.tp: Invalid value: \"string\": spec.tp in body must be of type integer: \"string\"",
            "FieldValueInvalid <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"]);
        Judge("""{"model":"Ultra","tp":0}""").ShouldBe([
            "FieldValueInvalid spec.tp: Invalid value: 0: spec.tp in body should be greater than or equal to 1",
            "FieldValueInvalid spec: Invalid value: too few GPUs for Ultra"]);
    }

    [Fact]
    public void A_negative_replica_count_is_named_twice_as_recorded() =>
        Judge("""{"model":"Nano","replicas":-1}""").ShouldBe([
            "FieldValueInvalid spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0",
            "FieldValueInvalid .spec.replicas: Invalid value: -1: should be a non-negative integer"]);

    [Fact]
    public void Items_of_a_keyed_list_are_compared_by_key_and_new_ones_not_at_all()
    {
        const string old = """{"model":"Nano","items":[{"key":"a","size":3},{"key":"b","size":1}]}""";
        Judge("""{"model":"Nano","items":[{"key":"b","size":2},{"key":"c","size":0},{"key":"a","size":3}]}""", old).ShouldBeEmpty();
        Judge("""{"model":"Nano","items":[{"key":"b","size":2},{"key":"a","size":2}]}""", old).ShouldBe(["FieldValueInvalid spec.items[1].size: Invalid value: 2: failed rule: self >= oldSelf"]);
    }

    [Fact]
    public void An_unchanged_value_that_breaks_a_rule_passes_an_update()
    {
        const string old = """{"model":"Nano","autoscaling":{"min":5,"max":2}}""";
        Judge("""{"model":"Nano","tp":3,"autoscaling":{"min":5,"max":2}}""", old).ShouldBeEmpty();
        Judge("""{"model":"Nano","autoscaling":{"min":6,"max":2}}""", old).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":"oldSelf.hasValue() || self > 5","optionalOldSelf":true,"message":"start above 5"}]}""", "3", null, "x: Invalid value: 3: start above 5")]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":"oldSelf.hasValue() || self > 5","optionalOldSelf":true,"message":"start above 5"}]}""", "3", "9", "")]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":"10 / self > 1"}]}""", "0", null, "x: Invalid value: 0: division by zero evaluating rule: 10 / self > 1")]
    [InlineData("""{"x-kubernetes-int-or-string":true,"x-kubernetes-validations":[{"rule":"self > 1"}]}""", "\"a\"", null, "x: Invalid value: \"a\": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self > 1")]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":"self > 1","message":"plain","messageExpression":"'a' + string(1 / (self - self))"}]}""", "1", null, "x: Invalid value: 1: plain")]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":"self > 1","reason":"FieldValueRequired","message":"more"}]}""", "1", null, "x: Required value: more")]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":"self > 1","reason":"FieldValueDuplicate","message":"more"}]}""", "1", null, "x: Duplicate value: 1")]
    [InlineData("""{"type":"array","items":{"type":"string"},"x-kubernetes-validations":[{"rule":"self.size() < 2 && self.all(s, s.size() < 3)","message":"short"}]}""", "[\"abc\"]", null, "x: Invalid value: short")]
    [InlineData("""{"type":"string","format":"duration","x-kubernetes-validations":[{"rule":"self >= duration('1m')","message":"a minute at least"}]}""", "\"30s\"", null, "x: Invalid value: \"30s\": a minute at least")]
    [InlineData("""{"type":"object","properties":{"namespace":{"type":"string"},"a.b":{"type":"integer"}},"x-kubernetes-validations":[{"rule":"self.__namespace__ == 'n' && self.a__dot__b == 1","message":"escaped"}]}""", """{"namespace":"n","a.b":2}""", null, "x: Invalid value: escaped")]
    [InlineData("""{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"},"x-kubernetes-validations":[{"rule":"self == oldSelf","message":"same set"}]}""", """["a","b"]""", """["b","a"]""", "")]
    [InlineData("""{"type":"number","x-kubernetes-validations":[{"rule":"self <= 1.0","message":"at most one"}]}""", "2", null, "x: Invalid value: 2: at most one")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","additionalProperties":{"type":"string"}}},"x-kubernetes-validations":[{"rule":"false","fieldPath":".a['k']","message":"there"}]}""", "{}", null, "x.a[k]: Invalid value: there")]
    [InlineData("""{"type":"integer","x-kubernetes-validations":[{"rule":"selfie > 1"}]}""", "1", null, "x: Internal error: rule compile error: compilation failed: ERROR: <input>:1:1: undeclared reference to 'selfie' (in container '')\n | selfie > 1\n | ^")]
    [InlineData("""{"type":"array","items":{"type":"integer"},"x-kubernetes-validations":[{"rule":"lists.range(2000).all(a, lists.range(2000).all(b, a + b >= 0))","message":"slow"}]}""", "[1]", null, "x: Invalid value: 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: slow")]
    public void A_rule_on_one_field(string property, string value, string? old, string expected) =>
        string.Join("; ", One(property, value, old)).ShouldBe(expected);

    [Fact]
    public void A_rule_on_the_whole_resource_sees_its_name()
    {
        var schema = Widgets.Read("""{"type":"object","x-kubernetes-validations":[{"rule":"self.metadata.name.size() < 3 && self.kind == 'W'","message":"short names only"}]}""");
        var rules = CompiledRules.Compile(schema);
        rules.Validate(Widgets.Object("""{"kind":"W","metadata":{"name":"ab"}}"""), null).ShouldBeEmpty();
        var cause = rules.Validate(Widgets.Object("""{"kind":"W","metadata":{"name":"abc"}}"""), null).ShouldHaveSingleItem();
        (cause.Field, cause.Message).ShouldBe(("<nil>", "Invalid value: short names only"));
    }
}
