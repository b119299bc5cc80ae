using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Nemotron.Cli;

/// <summary>Options that take a number, and say so in plain words when they get something else.</summary>
internal static class NumberOption
{
    /// <summary>A whole number.</summary>
    public static Option<int?> Whole(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => Read<int>(result, NumberStyles.AllowLeadingSign, "a whole number"),
    };

    /// <summary>A number with a decimal point.</summary>
    public static Option<double?> Decimal(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => Read<double>(result, NumberStyles.Float, "a number"),
    };

    private static T? Read<T>(ArgumentResult result, NumberStyles style, string wanted)
        where T : struct, System.Numerics.INumber<T>
    {
        var text = result.Tokens[0].Value;
        if (T.TryParse(text, style, CultureInfo.InvariantCulture, out var number)) return number;
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} takes {wanted}, not '{text}'.");
        return null;
    }
}
