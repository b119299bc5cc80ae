using Nemotron.Engines.Tests;

namespace Nemotron.Dashboards.Tests;

/// <summary>The checkout the tests were built from.</summary>
internal static class Repository
{
    public static string Root => OutsideProgram.Root;

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);
}
