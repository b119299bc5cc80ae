namespace Nemotron.Engines.Launch;

/// <summary>The Python files of this folder's <c>Scripts</c>, which run in the engine's container.</summary>
internal static class EmbeddedScript
{
    public static string Read(string name)
    {
        var resource = $"Nemotron.Engines.Launch.Scripts.{name}";
        using var stream = typeof(EmbeddedScript).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The assembly lacks {resource}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
