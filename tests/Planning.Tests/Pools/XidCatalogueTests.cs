using Nemotron.Planning.Health;

namespace Nemotron.Planning.Tests.Pools;

public class XidCatalogueTests
{
    // NVIDIA's catalogue of XIDs, "Resolution Bucket (Immediate Action)".
    [Theory]
    [InlineData(13, XidAction.RestartApp)]
    [InlineData(31, XidAction.RestartApp)]
    [InlineData(43, XidAction.Ignore)]
    [InlineData(46, XidAction.ResetGpu)]
    [InlineData(63, XidAction.Ignore)]
    [InlineData(64, XidAction.ResetGpu)]
    [InlineData(79, XidAction.ReplaceNode)]
    [InlineData(94, XidAction.RestartApp)]
    [InlineData(95, XidAction.ResetGpu)]
    [InlineData(119, XidAction.ResetGpu)]
    [InlineData(999, XidAction.Ignore)]
    public void A_code_asks_for_what_NVIDIA_says(int code, XidAction action) => XidCatalogue.Default.Find(code).Action.ShouldBe(action);

    [Theory]
    [InlineData("codes: {x: {name: a, action: Ignore}}", "codes.x")]
    [InlineData("codes: {7: {name: a, action: Explode}}", "codes.7.action")]
    [InlineData("codes: {7: {name: a, action: Ignore, why: b}}", "why")]
    public void A_fault_is_told_with_its_path(string text, string path) =>
        Should.Throw<CatalogueException>(() => XidCatalogue.Parse("xid.yaml", text)).Message.ShouldContain(path);
}
