using System.Text.RegularExpressions;

namespace Nemotron.House.Tests;

/// <summary>Which room may know which: arrows point one way only (design §2).</summary>
public class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Planning"] = [],
        ["Crds"] = ["Planning"],
        ["Crds.Generator"] = ["Crds"],
        ["Engines"] = ["Planning"],
        ["Dashboards"] = ["Engines"],
        ["Kube"] = [],
        ["Controllers"] = ["Planning", "Crds", "Engines", "Kube"],
        ["Operator"] = ["Controllers"],
        ["Gateway"] = ["Planning"],
        // The plugin looks at a cluster with the operator's own eyes: its views, queries, rights and sentences.
        ["Cli"] = ["Planning", "Crds", "Engines", "Kube", "Controllers"],
        ["Lab"] = ["Planning", "Engines"],
    };

    [Fact]
    public void Rooms_know_only_the_rooms_they_may()
    {
        foreach (var (name, project) in Repository.Projects("src"))
        {
            Allowed.ShouldContainKey(name, $"src/{name} is a new room: say here which rooms it may know.");
            var references = project.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));
            foreach (var reference in references)
                Allowed[name].ShouldContain(reference, $"src/{name} may not know src/{reference}.");
        }
    }

    [Fact]
    public void Planning_knows_no_Kubernetes_no_web_and_no_network()
    {
        var project = Repository.Projects("src").Single(p => p.Name == "Planning").Project;
        project.Descendants("PackageReference").Select(p => p.Attribute("Include")!.Value).ShouldBe(["Cronos", "YamlDotNet"]);
        project.Descendants("FrameworkReference").ShouldBeEmpty();
        foreach (var file in Repository.Sources("src/Planning"))
            File.ReadAllText(file).ShouldNotMatch(@"\b(System\.Net|k8s|Microsoft\.AspNetCore|System\.Diagnostics\.Process)\b", file);
    }

    [Fact]
    public void Engines_knows_no_Kubernetes_and_no_web_server()
    {
        var project = Repository.Projects("src").Single(p => p.Name == "Engines").Project;
        project.Descendants("PackageReference").Select(p => p.Attribute("Include")!.Value)
            .ShouldBeSubsetOf(["Google.Protobuf", "Grpc.Net.Client", "Grpc.Tools", "YamlDotNet"]);
        project.Descendants("FrameworkReference").ShouldBeEmpty();
        foreach (var file in Repository.Sources("src/Engines"))
            File.ReadAllText(file).ShouldNotMatch(@"\b(k8s|Microsoft\.AspNetCore|Grpc\.AspNetCore|System\.Diagnostics\.Process)\b", file);
    }

    [Fact]
    public void Kube_has_no_word_about_models_or_GPUs()
    {
        foreach (var file in Repository.Sources("src/Kube"))
        {
            var text = Regex.Replace(File.ReadAllText(file), @"Nemotron\.Kube", "");
            text.ShouldNotMatch(@"(?i)\b(gpu|nvidia|llama|nemotron|tensor|inference)", file);
        }
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "NemotronOperator.sln"));
        foreach (var folder in new[] { "src", "tests", "bench" })
            foreach (var (name, _) in Repository.Projects(folder))
                solution.ShouldContain($"{name}.csproj");
    }
}
