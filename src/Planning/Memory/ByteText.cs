using System.Globalization;

namespace Nemotron.Planning;

/// <summary>Writes bytes for people: GiB from one GiB up, else MiB, two digits after the point.</summary>
public static class ByteText
{
    /// <summary>Such as <c>48.40 GiB</c> or <c>97.41 MiB</c>; negative where the figure is.</summary>
    /// <param name="bytes">The figure.</param>
    public static string Of(long bytes)
    {
        var gib = Math.Abs(bytes) >= 1L << 30;
        return (bytes / (double)(gib ? 1L << 30 : 1L << 20)).ToString("0.00", CultureInfo.InvariantCulture) + (gib ? " GiB" : " MiB");
    }
}
