using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Tests.Launch;

/// <summary>Holds the tables of docs/launch.md to the code.</summary>
public class LaunchPageTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(FindRoot(), "docs", "launch.md"));

    [Fact]
    public void It_has_every_release_from_which_something_can_be_done()
    {
        var releases = Rows("| TensorRT-LLM |").Select(cells => EngineVersion.Parse(cells[1]));
        releases.Distinct().Order().ShouldBe(TrtLlmFeature.All.Select(feature => feature.Since).Append(EngineRelease.OldestTrtLlm).Distinct().Order());
    }

    [Fact]
    public void It_has_what_is_inside_every_image_of_Triton()
    {
        var rows = Rows("| Triton image |").Where(cells => EngineVersion.TryParse(cells[1]) is { } version && version >= EngineRelease.OldestTrtLlm).ToList();
        rows.Count.ShouldBe(5);
        foreach (var cells in rows)
            foreach (var image in cells[0].Split([" – ", ", "], StringSplitOptions.None))
                TritonReleases.TrtLlm(EngineVersion.Parse(image)).ShouldBe(EngineVersion.Parse(cells[1]), image);
        rows.SelectMany(cells => cells[0].Split(" – ")).Last().ShouldBe($"{TritonReleases.Newest.Major}.{TritonReleases.Newest.Minor:00}");
    }

    private static IEnumerable<string[]> Rows(string header) => Page
        .SkipWhile(line => !line.StartsWith(header, StringComparison.Ordinal))
        .Skip(2)
        .TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "NemotronOperator.sln"))) return folder.FullName;
        throw new InvalidOperationException("NemotronOperator.sln is in no folder above the test binaries.");
    }
}
