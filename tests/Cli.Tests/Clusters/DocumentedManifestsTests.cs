namespace Nemotron.Cli.Tests.Clusters;

/// <summary>
/// Every manifest of the pages and samples is taken by an API server with our CRDs, in a dry run. A block's info string says what it is: <c>yaml</c> whole objects,
/// <c>yaml spec</c> a part of a NemotronDeployment, which is completed here; the others are no Kubernetes objects, and tests elsewhere hold them.
/// </summary>
public sealed class DocumentedManifestsTests
{
    private static readonly string[] NoObjects = ["yaml catalogue", "yaml gateway", "yaml values", "yaml settings", "yaml prometheus"];

    private const string Whole = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {name: documented}

        """;

    [Fact]
    public async Task Every_manifest_of_the_pages_and_samples_is_taken()
    {
        await using var lab = await PluginLab.StartAsync(with: Nemotron.Lab.Nodes.LabAddOns.LeaderWorkerSets);
        // Readers have it already where a block begins with an object in it.
        await lab.ApplyAsync(Seeds.Namespace);
        var taken = 0;
        foreach (var (place, info, text) in Blocks().Concat(Samples()))
        {
            if (NoObjects.Contains(info, StringComparer.Ordinal)) continue;
            var manifest = info switch
            {
                "yaml" => text,
                // What the rest of the spec must have.
                "yaml spec" => Whole + (text.Contains("\n  model", StringComparison.Ordinal) ? text : text.Replace("spec:\n", "spec:\n  model: Nano\n", StringComparison.Ordinal)),
                _ => throw new InvalidOperationException($"{place}: '```{info}' is none of yaml, yaml spec, {string.Join(", ", NoObjects)}"),
            };
            // Namespaces are made, since a dry run makes none and what lies in them is tried next.
            foreach (var document in manifest.ReplaceLineEndings("\n").Split("\n---\n"))
            {
                try
                {
                    await lab.ApplyAsync(document, dryRun: !document.Contains("kind: Namespace\n", StringComparison.Ordinal));
                }
                catch (InvalidOperationException refusal)
                {
                    throw new InvalidOperationException($"{place}: {refusal.Message}", refusal);
                }
            }

            taken++;
        }

        Console.WriteLine($"measured: {taken} manifests taken");
        taken.ShouldBeGreaterThanOrEqualTo(7);
    }

    [Fact]
    public async Task A_manifest_that_the_schema_refuses_is_told_with_its_place()
    {
        await using var lab = await PluginLab.StartAsync();
        var refusal = await Should.ThrowAsync<InvalidOperationException>(() => lab.ApplyAsync(Whole + "spec: {model: Nano, tensorParallel: 3}", dryRun: true));
        refusal.Message.ShouldContain("tensorParallel");
        await Should.ThrowAsync<Exception>(() => lab.GetAsync("apis/serving.nemotron.dev/v1alpha1/namespaces/default/nemotrondeployments/documented"));
    }

    private static IEnumerable<(string Place, string Info, string Text)> Samples() =>
        Directory.EnumerateFiles(Repository.PathOf("config", "samples"), "*.yaml").Order(StringComparer.Ordinal).Select(file => (Path.GetFileName(file), "yaml", File.ReadAllText(file)));

    private static IEnumerable<(string Place, string Info, string Text)> Blocks()
    {
        foreach (var page in Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories).Append(Repository.PathOf("README.md")).Order(StringComparer.Ordinal))
        {
            var (info, start, text) = ((string?)null, 0, new List<string>());
            foreach (var (number, line) in File.ReadAllLines(page).Index())
            {
                if (info is null && line.StartsWith("```", StringComparison.Ordinal)) (info, start, text) = (line[3..].Trim(), number + 1, []);
                else if (info is not null && line.Trim() == "```")
                {
                    if (info.StartsWith("yaml", StringComparison.Ordinal)) yield return ($"{Path.GetFileName(page)}:{start}", info, string.Join('\n', text) + "\n");
                    info = null;
                }
                else text.Add(line);
            }
        }
    }
}
