namespace Nemotron.Conformance;

/// <summary>
/// The exchanges the Lab is known to answer differently, each with its reason, from <c>known-differences.txt</c>:
/// <c>number | reason</c>, where extracts are named instead of numbered.
/// </summary>
internal static class KnownDifferences
{
    public static IReadOnlyDictionary<string, string> Load() => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "known-differences.txt"))
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split('|', 2, StringSplitOptions.TrimEntries))
        .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);

    public static string KeyOf(Recording recording) => recording.Number == 0 ? recording.Name : recording.Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
