using System.Text.RegularExpressions;

namespace Nemotron.House.Tests;

/// <summary>What the Dockerfiles and the scripts that make images name is there, and no registry is named.</summary>
public partial class ImageFilesTests
{
    public static TheoryData<string> Files => ["operator", "gateway"];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_Dockerfile_runs_the_script_that_publishes_its_program_and_starts_what_that_makes(string program)
    {
        var lines = File.ReadAllLines(Repository.PathOf("images", $"{program}.Dockerfile")).Where(line => !line.StartsWith('#')).ToList();
        var script = lines.Single(line => line.StartsWith("RUN ", StringComparison.Ordinal)).Split(' ');
        script[1].ShouldBe($"scripts/publish-{program}.sh");
        var path = Repository.PathOf(script[1].Split('/'));
        File.ReadAllText(path).ShouldStartWith("#!/usr/bin/env bash\n");
        var name = $"nemotron-{program}";
        File.ReadAllText(path).ShouldContain($"echo \"$folder/{name}\"", Case.Sensitive, "the file that it makes");
        lines.ShouldContain($"COPY --from=build {script[2]} .");
        lines.ShouldContain($"ENTRYPOINT [\"/app/{name}\"]");
        lines.ShouldContain("USER 65532:65532", "by number, so that Kubernetes can tell that it is not root");
        foreach (var label in new[] { "title", "description", "version" }) lines.ShouldContain(line => line.Contains($"org.opencontainers.image.{label}=", StringComparison.Ordinal));
        lines.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)).ShouldBe(["FROM ${SDK_IMAGE} AS build", "FROM ${RUNTIME_IMAGE}"]);
        File.ReadAllText(Repository.PathOf("src", char.ToUpperInvariant(program[0]) + program[1..], $"{char.ToUpperInvariant(program[0])}{program[1..]}.csproj")).ShouldContain($"<AssemblyName>{name}</AssemblyName>");
    }

    [Fact]
    public void What_the_builds_need_is_not_kept_from_them()
    {
        var ignored = File.ReadAllLines(Repository.PathOf(".dockerignore"));
        ignored.Intersect(["src", "scripts", "config", "global.json", "Directory.Build.props", "Directory.Packages.props", "BannedSymbols.txt", "docs"]).ShouldBeEmpty();
        // Whatever a project of src reaches for outside of it.
        foreach (var project in Directory.GetFiles(Repository.PathOf("src"), "*.csproj", SearchOption.AllDirectories))
            foreach (Match outside in Outside().Matches(File.ReadAllText(project)))
                ignored.ShouldNotContain(outside.Groups[1].Value, project);
    }

    [GeneratedRegex(@"\.\./\.\./([A-Za-z.]+)/")]
    private static partial Regex Outside();
}
