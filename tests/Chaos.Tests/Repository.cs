namespace Nemotron.Chaos.Tests;

/// <summary>The checkout the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "NemotronOperator.sln"))) return folder.FullName;
        throw new InvalidOperationException("NemotronOperator.sln is in no folder above the test binaries.");
    }
}
