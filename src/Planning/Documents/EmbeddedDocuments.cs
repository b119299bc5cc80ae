namespace Nemotron.Planning;

/// <summary>The catalogue files that travel inside the assembly.</summary>
internal static class EmbeddedDocuments
{
    public static IEnumerable<(string File, string Text)> Under(string folder)
    {
        var assembly = typeof(EmbeddedDocuments).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (!name.StartsWith(folder, StringComparison.Ordinal)) continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return ($"config/{name}", reader.ReadToEnd());
        }
    }
}

/// <summary>The catalogue files of a directory.</summary>
internal static class DirectoryDocuments
{
    public static IEnumerable<(string File, string Text)> In(string directory)
    {
        if (!Directory.Exists(directory)) throw new CatalogueException(directory, "", "there is no such directory");
        // A mounted ConfigMap also shows its own ..data links, which are not files of the catalogue.
        return Directory.EnumerateFiles(directory)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml" && !Path.GetFileName(file).StartsWith('.'))
            .Order(StringComparer.Ordinal)
            .Select(file => (file, File.ReadAllText(file)));
    }
}
