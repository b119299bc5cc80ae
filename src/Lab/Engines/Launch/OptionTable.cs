namespace Nemotron.Lab.Engines;

/// <summary>An option of a program's command line.</summary>
/// <param name="Names">Its spellings; the first is what its value is found by.</param>
/// <param name="TakesValue">Whether a value follows.</param>
internal sealed record ProgramOption(IReadOnlyList<string> Names, bool TakesValue = true)
{
    /// <summary>An option with a value.</summary>
    public static ProgramOption Of(params string[] names) => new(names);

    /// <summary>An option without one.</summary>
    public static ProgramOption Flag(params string[] names) => new(names, false);
}

/// <summary>What a command line says.</summary>
internal sealed class ParsedOptions
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    /// <summary>Words that belong to no option.</summary>
    public List<string> Words { get; } = [];

    /// <summary>Options that the program was not found to know.</summary>
    public List<string> Unknown { get; } = [];

    /// <summary>The option that wants a value and has none, or null.</summary>
    public string? Valueless { get; private set; }

    /// <summary>The value of an option, or null when it is not given. A flag's is empty.</summary>
    public string? this[string name] => values.GetValueOrDefault(name);

    /// <summary>Whether an option is given.</summary>
    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>Reads a command line: <c>--name value</c>, <c>--name=value</c>, <c>--flag</c>; the last of several counts.</summary>
    /// <param name="known">The options of the program.</param>
    /// <param name="arguments">The command line.</param>
    public static ParsedOptions Read(IEnumerable<ProgramOption> known, IReadOnlyList<string> arguments)
    {
        var byName = known.SelectMany(option => option.Names.Select(name => (name, option))).ToDictionary(pair => pair.name, pair => pair.option, StringComparer.Ordinal);
        var parsed = new ParsedOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            var word = arguments[i];
            if (word.Length < 2 || word[0] != '-' || char.IsDigit(word[1]))
            {
                parsed.Words.Add(word);
                continue;
            }

            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? word : word[..equals];
            if (!byName.TryGetValue(name, out var option))
            {
                parsed.Unknown.Add(name);
                continue;
            }

            if (equals >= 0) parsed.values[option.Names[0]] = word[(equals + 1)..];
            else if (!option.TakesValue) parsed.values[option.Names[0]] = "";
            else if (i + 1 < arguments.Count) parsed.values[option.Names[0]] = arguments[++i];
            else parsed.Valueless = name;
        }

        return parsed;
    }

    /// <summary>The known spelling nearest to one that is not known, or null when none is near.</summary>
    public static string? Nearest(IEnumerable<ProgramOption> known, string name)
    {
        static string Plain(string text) => text.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        var plain = Plain(name);
        return known.SelectMany(option => option.Names).FirstOrDefault(candidate =>
            Plain(candidate) == plain || (plain.Length > 3 && Plain(candidate).StartsWith(plain, StringComparison.Ordinal)));
    }
}
