using Nemotron.Planning;

namespace Nemotron.Cli;

/// <summary>Names of fixed sets, taken without regard to case; an unknown one is answered with the known.</summary>
internal static class Names
{
    public static TEnum? Parse<TEnum>(string kind, string? text) where TEnum : struct, Enum
    {
        if (text is null) return null;
        foreach (var value in Enum.GetValues<TEnum>())
        {
            if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase)) return value;
        }
        throw new UnknownNameException(kind, text, NearestNames.Of(text, Enum.GetNames<TEnum>()));
    }
}
