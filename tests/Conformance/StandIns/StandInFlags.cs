namespace Nemotron.Conformance.StandIns;

/// <summary>Flags as <c>--name=value</c> (or <c>--name</c> for <c>true</c>), each to be asked for: what nobody asked for is unknown, as to the real programs.</summary>
internal sealed class StandInFlags
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    /// <summary>Reads a command line.</summary>
    /// <exception cref="StandInFault">It is no list of flags.</exception>
    public static StandInFlags Parse(IEnumerable<string> arguments)
    {
        var flags = new StandInFlags();
        foreach (string argument in arguments)
        {
            if (!argument.StartsWith("--", StringComparison.Ordinal)) throw new StandInFault($"unknown argument {argument}");
            string[] parts = argument[2..].Split('=', 2);
            if (!flags.values.TryAdd(parts[0], parts.Length == 2 ? parts[1] : "true")) throw new StandInFault($"--{parts[0]} is given twice");
        }
        return flags;
    }

    /// <summary>Takes a flag that must be there.</summary>
    public string Take(string name) => values.Remove(name, out string? value) ? value : throw new StandInFault($"--{name} must be specified");

    /// <summary>Takes a flag that must have one value and no other.</summary>
    public void Require(string name, string value)
    {
        string given = Take(name);
        if (given != value) throw new StandInFault($"--{name}={given}: {value} is what an envtest is started with");
    }

    /// <summary>Takes a flag that may be there.</summary>
    public string? TakeIfThere(string name) => values.Remove(name, out string? value) ? value : null;

    /// <summary>Demands that every flag was taken.</summary>
    public void Done()
    {
        if (values.Count > 0) throw new StandInFault($"unknown flag: --{values.Keys.First()}");
    }
}
