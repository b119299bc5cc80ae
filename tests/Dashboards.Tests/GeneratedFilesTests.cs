namespace Nemotron.Dashboards.Tests;

public class GeneratedFilesTests
{
    [Fact]
    public void The_files_are_what_the_descriptions_say()
    {
        foreach (var (path, text) in GeneratedFiles.All(Repository.Root))
        {
            File.Exists(Repository.PathOf(path)).ShouldBeTrue($"{path} is missing: dotnet run --project src/Dashboards -- .");
            File.ReadAllText(Repository.PathOf(path)).ShouldBe(text, $"{path} is stale: dotnet run --project src/Dashboards -- .");
        }
    }

    [Fact]
    public void No_file_is_left_over()
    {
        var made = GeneratedFiles.All(Repository.Root).Keys.ToHashSet();
        foreach (var folder in new[] { "charts/nemotron-operator/files/dashboards", "charts/nemotron-operator/files/rules" })
            foreach (var file in Directory.GetFiles(Repository.PathOf(folder)))
                made.ShouldContain($"{folder}/{Path.GetFileName(file)}", "no description makes it: delete it");
        foreach (var file in Directory.GetFiles(Repository.PathOf("config", "grafana"), "*.json"))
            made.ShouldContain($"config/grafana/{Path.GetFileName(file)}", "no description makes it: delete it");
    }
}
