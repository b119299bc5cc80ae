using k8s.Models;

namespace Nemotron.Kube.Tests;

/// <summary>Caches whose objects are kept as JSON.</summary>
public sealed class PackedCacheTests
{
    [Fact]
    public async Task Packed_ServesIndexesAndHandlersAsAnyOther()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a", size: 1);
        await using var f = InformerFixture.Start(await ApiHost.StartAsync((_, _) => Task.CompletedTask), api.Url, o =>
        {
            o.Packed = true;
            o.AddIndex("size", w => [$"{w.Spec?.Size}"]);
        });
        await f.Until(() => f.Informer.Synced, "synced");
        api.PutWidget("a", size: 2);
        api.PutWidget("b", size: 2);
        await f.Until(() => f.Informer.ByIndex("size", "2").Count == 2, "both");
        f.Informer.ByIndex("size", "1").ShouldBeEmpty();
        f.Informer.List("default").Select(w => w.Metadata.Name).Order().ShouldBe(["a", "b"]);
        f.Informer.Get("default", "a")!.Spec!.Size.ShouldBe(2);
        var changes = f.Informer.Changes;
        api.Delete(TinyApi.WidgetPath("a"));
        await f.Until(() => f.Informer.Count == 1, "gone");
        f.Informer.Changes.ShouldBe(changes + 1);
        f.Informer.ByIndex("size", "2").ShouldHaveSingleItem();
        f.Heard.Last().ShouldStartWith("deleted a");
    }

    [Fact]
    public void Packed_IsTheSameObject_InLessMemory()
    {
        var packing = new JsonPacking<V1ConfigMap>(KubeJson.Reading);
        var map = OperatorFixture.ConfigMap("c", new string('x', 10_000));
        var packed = packing.Pack(map);
        packed.Length.ShouldBeLessThan(10_200, "a string in memory takes two bytes a character");
        ModelJson.Serialize(packing.Unpack(packed)).ShouldBe(ModelJson.Serialize(map));
    }

    [Fact]
    public void Index_HandsOutTheSameList_UntilSomethingChanges()
    {
        var store = new ObjectStore<Widget>(new Dictionary<string, Func<Widget, IEnumerable<string>>> { ["size"] = w => [$"{w.Spec!.Size}"] });
        Put("a", 1);
        Put("b", 1);
        Put("c", 2);
        var before = store.ByIndex("size", "1");
        store.ByIndex("size", "1").ShouldBeSameAs(before);
        Put("c", 3);
        store.ByIndex("size", "1").ShouldBeSameAs(before, "nothing changed there");
        Put("b", 2);
        store.ByIndex("size", "1").Select(w => w.Metadata.Name).ShouldBe(["a"]);
        before.Count.ShouldBe(2, "what was handed out stays as it was");
        store.ByIndex("size", "2").ShouldHaveSingleItem();
        store.ByIndex("size", "9").ShouldBeEmpty();

        void Put(string name, int size) => store.Set(
            new NamespacedName("n", name), new Widget { Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "n" }, Spec = new WidgetSpec { Size = size } });
    }
}
