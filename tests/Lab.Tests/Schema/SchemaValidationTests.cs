using CsCheck;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Schema;

public sealed class SchemaValidationTests
{
    [Theory]
    [InlineData("""{"model":"Giga"}""", "FieldValueNotSupported", "spec.model", "Unsupported value: \"Giga\": supported values: \"Nano\", \"Super\", \"Ultra\"")]
    [InlineData("""{"model":"Nano","tp":"two"}""", "FieldValueTypeInvalid", "spec.tp", "Invalid value: \"string\": spec.tp in body must be of type integer: \"string\"")]
    [InlineData("""{}""", "FieldValueRequired", "spec.model", "Required value")]
    [InlineData("""{"model":"Nano","tp":65}""", "FieldValueInvalid", "spec.tp", "Invalid value: 65: spec.tp in body should be less than or equal to 64")]
    [InlineData("""{"model":"Nano","fraction":0}""", "FieldValueInvalid", "spec.fraction", "Invalid value: 0: spec.fraction in body should be greater than 0")]
    [InlineData("""{"model":"Nano","fraction":1.25}""", "FieldValueInvalid", "spec.fraction", "Invalid value: 1.25: spec.fraction in body should be less than or equal to 1")]
    [InlineData("""{"model":"Nano","name":"abcdefghijkl"}""", "FieldValueTooLong", "spec.name", "Too long: may not be more than 10 bytes")]
    [InlineData("""{"model":"Nano","name":"ABC"}""", "FieldValueInvalid", "spec.name", "Invalid value: \"ABC\": spec.name in body should match '^[a-z]+$'")]
    [InlineData("""{"model":"Nano","name":"abc\n"}""", "FieldValueInvalid", "spec.name", "Invalid value: \"abc\\n\": spec.name in body should match '^[a-z]+$'")]
    [InlineData("""{"model":"Nano","window":"abc"}""", "FieldValueTypeInvalid", "spec.window", "Invalid value: \"abc\": spec.window in body must be of type duration: \"abc\"")]
    [InlineData("""{"model":"Nano","since":"yesterday"}""", "FieldValueTypeInvalid", "spec.since", "Invalid value: \"yesterday\": spec.since in body must be of type date-time: \"yesterday\"")]
    [InlineData("""{"model":"Nano","labels":{"a":"1","b":"2","c":"3","d":"4"}}""", "FieldValueTooMany", "spec.labels", "Too many: 4: must have at most 3 items")]
    [InlineData("""{"model":"Nano","labels":{"a":1}}""", "FieldValueTypeInvalid", "spec.labels.a", "Invalid value: \"integer\": spec.labels.a in body must be of type string: \"integer\"")]
    [InlineData("""{"model":"Nano","items":[{"key":"x"},{"key":"x"}]}""", "FieldValueDuplicate", "spec.items[1]", "Duplicate value: {\"key\":\"x\"}")]
    [InlineData("""{"model":"Nano","items":[{"value":"x"}]}""", "FieldValueRequired", "spec.items[0].key", "Required value")]
    [InlineData("""{"model":"Nano","tags":["x","x"]}""", "FieldValueDuplicate", "spec.tags[1]", "Duplicate value: \"x\"")]
    [InlineData("""{"model":"Nano","nonEmpty":[]}""", "FieldValueInvalid", "spec.nonEmpty", "Invalid value: 0: spec.nonEmpty in body should have at least 1 items")]
    [InlineData("""{"model":"Nano","nonEmpty":["a"]}""", "FieldValueInvalid", "spec.nonEmpty[0]", "Invalid value: \"a\": spec.nonEmpty[0] in body should be at least 2 chars long")]
    [InlineData("""{"model":"Nano","nonEmpty":[null]}""", "FieldValueTypeInvalid", "spec.nonEmpty[0]", "Invalid value: \"null\": spec.nonEmpty[0] in body must be of type string: \"null\"")]
    [InlineData("""{"model":"Nano","even":3}""", "FieldValueInvalid", "spec.even", "Invalid value: 3: spec.even in body should be a multiple of 2")]
    [InlineData("""{"model":"Nano","port":true}""", "FieldValueTypeInvalid", "spec.port", "Invalid value: \"boolean\": spec.port in body must be of type integer,string: \"boolean\"")]
    [InlineData("""{"model":"Nano","replicas":3000000000}""", "FieldValueInvalid", "<nil>", "Invalid value: \"\": Checked value must be of type integer with format int32 in spec.replicas")]
    [InlineData("""{"model":"Nano","autoscaling":[]}""", "FieldValueTypeInvalid", "spec.autoscaling", "Invalid value: \"array\": spec.autoscaling in body must be of type object: \"array\"")]
    [InlineData("""{"model":"Nano","either":{"a":1,"b":2}}""", "FieldValueInvalid", "<nil>", "Invalid value: \"\": \"spec.either\" must validate one and only one schema (oneOf). Found 2 valid alternatives")]
    public void One_fault_gives_the_servers_own_words(string spec, string reason, string field, string message)
    {
        var cause = SchemaValidation.Validate(Widgets.Spec(spec), Widgets.Schema).ShouldHaveSingleItem();
        cause.Reason.ShouldBe(reason);
        cause.Field.ShouldBe(field);
        cause.Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("""{"model":"Nano","tp":2.0,"fraction":1,"port":"http","maybe":null,"amount":"not checked"}""")]
    [InlineData("""{"model":"Nano","window":"1h30m","since":"2026-01-02T03:04:05.5+02:00","port":80}""")]
    [InlineData("""{"model":"Nano","free":{"x":[1,{"y":null}]},"name":"abcdefghij","either":{"b":1}}""")]
    public void What_is_right_passes(string spec) => SchemaValidation.Validate(Widgets.Spec(spec), Widgets.Schema).ShouldBeEmpty();

    [Fact]
    public void A_fraction_in_an_int32_is_of_the_wrong_type_and_out_of_range()
    {
        var causes = SchemaValidation.Validate(Widgets.Spec("""{"model":"Nano","tp":1.5}"""), Widgets.Schema);
        causes.Select(c => $"{c.Field}: {c.Message}").ShouldBe([
            "spec.tp: Invalid value: \"float64\": spec.tp in body must be of type int32: \"float64\"",
            "<nil>: Invalid value: \"\": Checked value must be of type integer with format int32 in spec.tp"]);
    }

    [Fact]
    public void Several_causes_stand_in_brackets_and_one_plain()
    {
        var one = SchemaValidation.Validate(Widgets.Spec("""{"model":"Nano","tp":65}"""), Widgets.Schema);
        InvalidStatus.Message("Widget", "lab.example.com", "c", one).ShouldBe(
            "Widget.lab.example.com \"c\" is invalid: spec.tp: Invalid value: 65: spec.tp in body should be less than or equal to 64");
        var two = SchemaValidation.Validate(Widgets.Spec("""{"tp":0}"""), Widgets.Schema);
        InvalidStatus.Message("Widget", "lab.example.com", "c", two).ShouldBe(
            "Widget.lab.example.com \"c\" is invalid: [spec.tp: Invalid value: 0: spec.tp in body should be greater than or equal to 1, spec.model: Required value]");
    }

    [Fact]
    public void An_update_may_keep_what_was_wrong_before_but_not_touch_it()
    {
        var old = Widgets.Spec("""{"model":"Giga","items":[{"key":"a","value":5},{"key":"b"}],"tags":["x","x"]}""");
        var elsewhere = Widgets.Spec("""{"model":"Giga","tp":2,"items":[{"key":"b"},{"key":"a","value":5}],"tags":["x","x"]}""");
        SchemaValidation.Validate(elsewhere, Widgets.Schema, old).ShouldBeEmpty();
        var touched = Widgets.Spec("""{"model":"Mega","items":[{"key":"a","value":6}],"tags":["x"]}""");
        SchemaValidation.Validate(touched, Widgets.Schema, old).Select(c => c.Field).ShouldBe(["spec.model", "spec.items[0].value"]);
    }

    [Fact]
    public void Any_object_is_judged_without_an_exception() =>
        RandomWidgets.Gen.Sample(widget => SchemaValidation.Validate(widget, Widgets.Schema).All(c => c.Message.Length > 0), iter: 500);

    [Theory]
    [InlineData(0.9, "0.9")]
    [InlineData(1e6, "1e+06")]
    [InlineData(123456, "123456")]
    [InlineData(123456789, "1.23456789e+08")]
    [InlineData(1e21, "1e+21")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(-12.5, "-12.5")]
    [InlineData(0.1 + 0.2, "0.30000000000000004")]
    public void Floats_print_as_Go_prints_them(double value, string expected) =>
        GoText.Float(value).ShouldBe(expected);

    [Theory]
    [InlineData(1e20, "100000000000000000000")]
    [InlineData(1e21, "1e+21")]
    [InlineData(0.000001, "0.000001")]
    [InlineData(0.0000001, "1e-7")]
    public void Floats_in_json_print_as_Go_prints_them(double value, string expected) => GoText.Json(System.Text.Json.Nodes.JsonNode.Parse(value.ToString("R"))).ShouldBe(expected);

    [Theory]
    [InlineData("a<b>&\"\n", "\"a\\u003cb\\u003e\\u0026\\\"\\n\"")]
    public void Json_prints_as_Go_prints_it(string value, string expected) => GoText.Json(value).ShouldBe(expected);
}
