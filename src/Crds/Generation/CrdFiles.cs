using System.Text.Json.Nodes;

namespace Nemotron.Crds.Generation;

/// <summary>The files of <c>config/crd</c>.</summary>
public static class CrdFiles
{
    private const string Header =
        "# Generated from src/Crds. Do not edit: change the types there, then\n" +
        "#   dotnet run --project src/Crds.Generator -- config/crd\n";

    /// <summary>File names and contents: a CustomResourceDefinition per kind, and the kustomization that lists them.</summary>
    /// <exception cref="FileNotFoundException">This assembly's documentation file, which holds the descriptions, is not beside it.</exception>
    public static IEnumerable<(string Name, string Text)> All()
    {
        var generator = CrdGenerator.Create();
        var resources = new JsonArray();
        foreach (var kind in ApiKinds.All)
        {
            var name = $"{NemotronApi.Group}_{ApiKinds.Plural(kind)}.yaml";
            resources.Add(name);
            yield return (name, Header + CrdYaml.Write(generator.Generate(kind)));
        }

        yield return ("kustomization.yaml", Header + CrdYaml.Write(new JsonObject
        {
            ["apiVersion"] = "kustomize.config.k8s.io/v1beta1",
            ["kind"] = "Kustomization",
            ["resources"] = resources,
        }));
    }
}
