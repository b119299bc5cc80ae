using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Schema;

/// <summary>A schema with one field of every kind, and short ways to write objects.</summary>
internal static class Widgets
{
    public static readonly StructuralSchema Schema = Read("""
        {"type":"object","required":["spec"],"properties":{
          "spec":{"type":"object","required":["model"],"properties":{
            "model":{"type":"string","maxLength":16,"enum":["Nano","Super","Ultra"]},
            "tp":{"type":"integer","format":"int32","minimum":1,"maximum":64},
            "replicas":{"type":"integer","format":"int32","minimum":0},
            "fraction":{"type":"number","minimum":0,"exclusiveMinimum":true,"maximum":1,"default":0.9},
            "mode":{"type":"string","default":"On","enum":["On","Off"]},
            "name":{"type":"string","maxLength":10,"pattern":"^[a-z]+$"},
            "window":{"type":"string","format":"duration"},
            "since":{"type":"string","format":"date-time"},
            "amount":{"type":"string","format":"quantity"},
            "port":{"x-kubernetes-int-or-string":true},
            "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":{"known":{"type":"object","properties":{"a":{"type":"string"}}}}},
            "labels":{"type":"object","additionalProperties":{"type":"string"},"maxProperties":3},
            "limits":{"type":"object","additionalProperties":{"type":"object","properties":{"soft":{"type":"integer","default":5},"hard":{"type":"integer"}}}},
            "autoscaling":{"type":"object","properties":{"min":{"type":"integer","default":1},"max":{"type":"integer"}},"required":["max"]},
            "maybe":{"type":"string","nullable":true},
            "even":{"type":"integer","multipleOf":2},
            "nonEmpty":{"type":"array","minItems":1,"items":{"type":"string","minLength":2}},
            "items":{"type":"array","maxItems":4,"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["key"],
              "items":{"type":"object","required":["key"],"properties":{"key":{"type":"string","maxLength":20},"value":{"type":"string","default":"v"}}}},
            "tags":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},
            "either":{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"oneOf":[{"required":["a"]},{"required":["b"]}]}
          }},
          "status":{"type":"object","properties":{"replicas":{"type":"integer"}}}}}
        """);

    public static StructuralSchema Read(string json) => SchemaReader.Read(Object(json));

    public static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();

    /// <summary>A widget with this spec.</summary>
    public static JsonObject Spec(string spec) =>
        Object($$"""{"apiVersion":"lab.example.com/v1","kind":"Widget","metadata":{"name":"c"},"spec":{{spec}}}""");
}
