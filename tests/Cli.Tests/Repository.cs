namespace Nemotron.Cli.Tests;

internal static class Repository
{
    /// <summary>The folder that holds NemotronOperator.sln.</summary>
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "NemotronOperator.sln"))) return folder.FullName;
        }
        throw new InvalidOperationException("no folder above the tests holds NemotronOperator.sln");
    }
}
