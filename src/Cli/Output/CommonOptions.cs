using System.CommandLine;
using Nemotron.Planning;

namespace Nemotron.Cli;

/// <summary><c>-o table|json|yaml</c>.</summary>
internal static class OutputOption
{
    public static Option<string?> Create() => new("--output", "-o") { Description = "table, json or yaml; table if absent." };

    public static OutputFormat Parse(string? text) => Names.Parse<OutputFormat>("output", text) ?? OutputFormat.Table;
}

/// <summary><c>--catalogue DIRECTORY</c>.</summary>
internal static class CatalogueOption
{
    public static Option<DirectoryInfo?> Create() =>
        new("--catalogue") { Description = "Add the models of this directory's YAML files to the built-in ones; one of the same name replaces it." };

    public static ModelCatalogue Read(DirectoryInfo? directory) => directory is null
        ? ModelCatalogue.Default
        : ModelCatalogue.Default.With(ModelCatalogue.FromDirectory(directory.FullName).Models);
}
