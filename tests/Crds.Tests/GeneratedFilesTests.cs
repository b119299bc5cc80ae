using Nemotron.Crds.Generation;

namespace Nemotron.Crds.Tests;

public class GeneratedFilesTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "config", "crd");

    [Fact]
    public void ConfigCrd_IsWhatTheTypesSay()
    {
        foreach (var (name, text) in CrdFiles.All())
        {
            var path = Path.Combine(Folder, name);
            var onDisk = File.Exists(path) ? File.ReadAllText(path) : null;
            (onDisk == text).ShouldBeTrue($"config/crd/{name} is stale: run dotnet run --project src/Crds.Generator -- config/crd");
        }
    }

    [Fact]
    public void TheApiReference_IsWhatTheTypesSay()
    {
        var page = ApiReference.Page();
        (File.ReadAllText(Path.Combine(Repository.Root, "docs", "api.md")) == page).ShouldBeTrue("docs/api.md is stale: run dotnet run --project src/Crds.Generator -- config/crd docs/api.md");
        foreach (var kind in ApiKinds.All) page.ShouldContain($"## {kind.Name}\n");
        page.ShouldContain("| `spec.autoscaling.targets.kvUtilizationPercent` | integer |");
        page.ShouldContain("| **`spec.autoscaling.maxReplicas`** | integer |");
        page.ShouldNotContain("|  |", customMessage: "a field without a description");
    }

    [Fact]
    public void ConfigCrd_HoldsNothingElse() =>
        Directory.EnumerateFileSystemEntries(Folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)
            .ShouldBe(CrdFiles.All().Select(f => f.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Files_AreMadeAlikeEachTime_WithLineFeeds()
    {
        CrdFiles.All().ShouldBe(CrdFiles.All());
        foreach (var (name, text) in CrdFiles.All())
        {
            text.ShouldNotContain("\r", customMessage: name);
            text.ShouldEndWith("\n");
            text.ShouldNotContain(" \n", customMessage: name);
        }
    }
}
