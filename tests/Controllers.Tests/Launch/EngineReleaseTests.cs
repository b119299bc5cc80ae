using Nemotron.Engines.Launch;
using Nemotron.Planning;

namespace Nemotron.Controllers.Tests.Launch;

public class EngineReleaseTests
{
    [Theory]
    [InlineData("1.2.1", 1, 2, 1, null)]
    [InlineData("1.3.0rc7", 1, 3, 0, 7)]
    [InlineData("v1.3.0.rc25", 1, 3, 0, 25)]
    [InlineData("1.2.0rc8.post1", 1, 2, 0, 8)]
    [InlineData("26.04-trtllm-python-py3", 26, 4, 0, null)]
    [InlineData("1.2.1-weights3", 1, 2, 1, null)]
    public void Versions_are_read_as_their_projects_write_them(string text, int major, int minor, int patch, int? candidate) =>
        EngineVersion.TryParse(text).ShouldBe(new EngineVersion(major, minor, patch, candidate));

    [Theory]
    [InlineData("latest")]
    [InlineData("1")]
    [InlineData("")]
    [InlineData("rc7")]
    public void What_is_no_version_is_none(string text) => EngineVersion.TryParse(text).ShouldBeNull();

    [Fact]
    public void A_candidate_comes_before_its_release()
    {
        EngineVersion[] ordered = [new(1, 2, 1), new(1, 3, 0, 0), new(1, 3, 0, 7), new(1, 3, 0, 25), new(1, 3), new(1, 3, 1), new(26, 4)];
        ordered.Reverse().Order().ShouldBe(ordered);
    }

    [Theory]
    [InlineData(null, null, "1.2.1")]
    [InlineData("1.1.0", "registry/x:1.3.0rc7", "1.1.0")]
    [InlineData(null, "registry:5000/x:1.3.0rc7", "1.3.0rc7")]
    [InlineData(null, "registry:5000/x:1.3.0rc7@sha256:00", "1.3.0rc7")]
    [InlineData(null, "registry:5000/x", "1.2.1")]
    [InlineData(null, "registry/x:stable", "1.2.1")]
    public void The_version_is_the_one_stated_else_the_tags_else_the_default(string? version, string? image, string expected)
    {
        var release = EngineRelease.Of(EngineKind.TrtLlmServe, version, image);
        release.VersionText.ShouldBe(expected);
        release.Notes.Count.ShouldBe(image is "registry:5000/x" or "registry/x:stable" ? 1 : 0);
    }

    [Theory]
    [InlineData("25.09", "1.0.0")]
    [InlineData("25.11", "1.2.0rc2")]
    [InlineData("25.12", "1.1.0")]
    [InlineData("26.03", "1.2.0rc8")]
    [InlineData("26.07", "1.2.1")]
    [InlineData("27.01", "1.2.1")]
    public void Tritons_image_has_the_TensorRT_LLM_of_its_branch(string triton, string inside)
    {
        var release = EngineRelease.Of(EngineKind.Triton, triton, null);
        release.TrtLlm.ToString().ShouldBe(inside);
        release.VersionText.ShouldBe(triton);
        release.MetricsDialect.ShouldBe("triton");
    }

    [Theory]
    [InlineData(EngineKind.TrtLlmServe, "latest", "is no version")]
    [InlineData(EngineKind.TrtLlmServe, "0.21.0", "too old")]
    [InlineData(EngineKind.Triton, "25.04", "gRPC is not drained")]
    [InlineData(EngineKind.Triton, "25.08", "0.x")]
    [InlineData(EngineKind.Triton, "2.60", "by year and month")]
    public void Too_old_and_senseless_versions_are_refused_with_the_reason(EngineKind engine, string version, string reason) =>
        Should.Throw<LaunchRefusedException>(() => EngineRelease.Of(engine, version, null)).Message.ShouldContain(reason);

    [Fact]
    public void A_newer_version_is_taken_for_the_newest_and_says_so()
    {
        var release = EngineRelease.Of(EngineKind.TrtLlmServe, "2.0.0", null);
        TrtLlmFeature.All.ShouldAllBe(feature => release.Has(feature));
        release.Notes.ShouldHaveSingleItem().ShouldContain("newer than any");
    }

    [Fact]
    public void Features_come_in_the_order_of_their_releases_and_each_has_a_source()
    {
        TrtLlmFeature.All.Select(feature => feature.Since).ShouldBeInOrder();
        TrtLlmFeature.All.ShouldAllBe(feature => feature.Source.Length > 0 && feature.What.Length > 0);
        TrtLlmFeature.All.Select(feature => feature.What).ShouldBeUnique();
        TrtLlmFeature.All.ShouldAllBe(feature => feature.Since <= new EngineVersion(1, 3));
    }
}
