using System.Net;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace Nemotron.Kube.Tests;

public sealed class ConversionWebhookTests
{
    private const string V1 = "test.example.com/v1";
    private const string V2 = "test.example.com/v2";
    private const string V3 = "test.example.com/v3";

    [Theory]
    [InlineData(V1)]
    [InlineData(V2)]
    [InlineData(V3)]
    public void ThereAndBack_IsTheSameObject(string through)
    {
        var conversion = new VersionConversion<Widget>([new V2Converter(), new V3Converter()]);
        var stored = JsonNode.Parse(Widgets.Json("a", 7, size: 3, extra: ",\"color\":\"Green\"", extraMeta: ",\"managedFields\":[{\"manager\":\"m\"}],\"finalizers\":[\"x/y\"],\"labels\":{\"l\":\"1\"}"))!.AsObject();
        var there = conversion.Convert(stored, through);
        there["apiVersion"]!.ToString().ShouldBe(through);
        var back = conversion.Convert(there, V1);
        JsonNode.DeepEquals(back, stored).ShouldBeTrue($"{there.ToJsonString()}\n{back.ToJsonString()}");
    }

    [Fact]
    public void BetweenTwoOthers_GoesThroughTheOneInTheMiddle()
    {
        var conversion = new VersionConversion<Widget>([new V2Converter(), new V3Converter()]);
        var v2 = conversion.Convert(JsonNode.Parse(Widgets.Json("a", 7, size: 3))!.AsObject(), V2);
        v2["spec"]!["width"]!.GetValue<int>().ShouldBe(3);
        var v3 = conversion.Convert(v2, V3);
        v3["spec"]!["area"]!.GetValue<int>().ShouldBe(9);
    }

    [Fact]
    public void OfTheMetadata_OnlyLabelsAndAnnotationsAreTheConverters()
    {
        var conversion = new VersionConversion<Widget>([new V3Converter()]);
        var v3 = conversion.Convert(JsonNode.Parse(Widgets.Json("a", 7, size: 2, extra: ",\"color\":\"Red\"", extraMeta: ",\"ownerReferences\":[{\"uid\":\"o\"}]"))!.AsObject(), V3);
        v3["metadata"]!.ToJsonString().ShouldBe(
            """{"name":"a","namespace":"default","uid":"uid-a","resourceVersion":"7","generation":1,"ownerReferences":[{"uid":"o"}],"annotations":{"test.example.com/color":"Red"}}""");
    }

    [Fact]
    public void ConvertersThatDoNotFit_AreRefused()
    {
        Should.Throw<ArgumentException>(() => new VersionConversion<Widget>([new V2Converter(), new V2Converter()])).Message.ShouldBe("test.example.com/v2 Widget has two ways to be converted.");
        Should.Throw<ArgumentException>(() => new VersionConversion<Widget>([new OtherKind()])).Message.ShouldStartWith("V1ConfigMap is v1 ConfigMap, which is no version of test.example.com Widget");
    }

    [Fact]
    public async Task TheAPIServer_IsAnswered_InItsOrder_BeforeTheCachesAreFull()
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api);
        // A list has stored objects of several versions, and wants all in one.
        var response = await AnswerAsync(host, V2, Widgets.Json("a", 1, size: 1), $$$"""{"apiVersion":"{{{V2}}}","kind":"Widget","metadata":{"name":"b"},"spec":{"width":2}}""", Widgets.Json("c", 1, size: 3));
        response["uid"]!.ToString().ShouldBe("question-1");
        response["result"]!.ToJsonString().ShouldBe("""{"status":"Success"}""");
        response["convertedObjects"]!.AsArray().Select(o => $"{o!["metadata"]!["name"]} {o["apiVersion"]} {o["spec"]!["width"]}").ShouldBe([$"a {V2} 1", $"b {V2} 2", $"c {V2} 3"]);
        new ConversionWebhookRegistration<WidgetConversion, Widget>().NeedsCaches.ShouldBeFalse();
    }

    [Theory]
    [InlineData("test.example.com/v9", "Widget", "{\"size\":1}", "Widget has no version test.example.com/v9; there are test.example.com/v1, test.example.com/v2, test.example.com/v3")]
    [InlineData(V2, "Gadget", "{\"size\":1}", "this webhook converts test.example.com Widget, not test.example.com/v1 Gadget")]
    [InlineData(V2, "Widget", "{\"size\":\"many\"}", "Widget b from test.example.com/v1 to test.example.com/v2:")]
    public async Task WhatCannotBeConverted_FailsAsAWhole_WithTheReason(string desired, string kind, string spec, string says)
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api);
        var response = await AnswerAsync(host, desired, Widgets.Json("a", 1), $$$"""{"apiVersion":"{{{V1}}}","kind":"{{{kind}}}","metadata":{"name":"b"},"spec":{{{spec}}}}""");
        response["convertedObjects"]!.AsArray().ShouldBeEmpty();
        response["result"]!["status"]!.ToString().ShouldBe("Failure");
        response["result"]!["message"]!.ToString().ShouldStartWith(says);
    }

    [Theory]
    [InlineData("not json", "the body is not JSON")]
    [InlineData("[]", "expected apiextensions.k8s.io/v1 ConversionReview")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}""", "expected apiextensions.k8s.io/v1 ConversionReview, got \"admission.k8s.io/v1\" \"AdmissionReview\"")]
    [InlineData("""{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview"}""", "request is missing")]
    [InlineData("""{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{}}""", "request.uid is missing")]
    [InlineData("""{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"1"}}""", "request.desiredAPIVersion is missing")]
    [InlineData("""{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"1","desiredAPIVersion":"x/v1"}}""", "request.objects is missing")]
    [InlineData("""{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"1","desiredAPIVersion":"x/v1","objects":[1]}}""", "request.objects holds what is no object")]
    public async Task AMalformedQuestion_Is400(string body, string says)
    {
        await using var api = await TinyApi.StartAsync();
        WebhookHost.Configure(api);
        await using var host = await WebhookHost.StartAsync(api);
        using var answer = await host.AskAsync(body, path: "/convert/widget");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldStartWith(says);
    }

    private static async Task<JsonNode> AnswerAsync(WebhookHost host, string desired, params string[] objects)
    {
        using var answer = await host.AskAsync(
            $$$"""{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"question-1","desiredAPIVersion":"{{{desired}}}","objects":[{{{string.Join(',', objects)}}}]}}""",
            path: "/convert/widget");
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!["response"]!;
    }

    private sealed class OtherKind : EntityConverter<V1ConfigMap, Widget>
    {
        public override Widget Convert(V1ConfigMap from) => new();

        public override V1ConfigMap Revert(Widget to) => new();
    }
}

/// <summary>A version that calls the size width.</summary>
[KubernetesEntity(Group = "test.example.com", ApiVersion = "v2", Kind = "Widget", PluralName = "widgets")]
public sealed class WidgetV2 : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "test.example.com/v2";

    public string Kind { get; set; } = "Widget";

    public V1ObjectMeta Metadata { get; set; } = new();

    public WidgetV2Spec? Spec { get; set; }
}

public sealed class WidgetV2Spec
{
    public int? Width { get; set; }

    public WidgetColor? Color { get; set; }
}

/// <summary>A version that has the area, and no field for the colour.</summary>
[KubernetesEntity(Group = "test.example.com", ApiVersion = "v3", Kind = "Widget", PluralName = "widgets")]
public sealed class WidgetV3 : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "test.example.com/v3";

    public string Kind { get; set; } = "Widget";

    public V1ObjectMeta Metadata { get; set; } = new();

    public WidgetV3Spec? Spec { get; set; }
}

public sealed class WidgetV3Spec
{
    public int Area { get; set; }
}

internal sealed class V2Converter : EntityConverter<WidgetV2, Widget>
{
    public override Widget Convert(WidgetV2 from) => new() { Metadata = from.Metadata, Spec = from.Spec is null ? null : new WidgetSpec { Size = from.Spec.Width, Color = from.Spec.Color } };

    public override WidgetV2 Revert(Widget to) => new() { Metadata = to.Metadata, Spec = to.Spec is null ? null : new WidgetV2Spec { Width = to.Spec.Size, Color = to.Spec.Color } };
}

internal sealed class V3Converter : EntityConverter<WidgetV3, Widget>
{
    private const string Color = "test.example.com/color";

    public override Widget Convert(WidgetV3 from)
    {
        var widget = new Widget { Metadata = from.Metadata, Spec = new WidgetSpec { Size = (int)Math.Sqrt(from.Spec!.Area) } };
        if (widget.Metadata.Annotations?.Remove(Color, out var color) == true) widget.Spec.Color = Enum.Parse<WidgetColor>(color!);
        if (widget.Metadata.Annotations?.Count == 0) widget.Metadata.Annotations = null;
        return widget;
    }

    public override WidgetV3 Revert(Widget to)
    {
        if (to.Spec!.Color is { } color) (to.Metadata.Annotations ??= new Dictionary<string, string>())[Color] = color.ToString();
        return new WidgetV3 { Metadata = to.Metadata, Spec = new WidgetV3Spec { Area = to.Spec.Size!.Value * to.Spec.Size.Value } };
    }
}

[ConversionWebhook(typeof(Widget))]
internal sealed class WidgetConversion : ConversionWebhook<Widget>
{
    public override IEnumerable<IEntityConverter<Widget>> Converters => [new V2Converter(), new V3Converter()];
}
