namespace Nemotron.Planning.Scaling;

/// <summary>TEMPORARY: experiments.</summary>
public static class Knob
{
    /// <summary>x</summary>
    public static double Get(string name, double value) => Environment.GetEnvironmentVariable("K_" + name) is { } text ? double.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : value;
}
