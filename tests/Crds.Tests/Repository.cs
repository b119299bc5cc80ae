namespace Nemotron.Crds.Tests;

/// <summary>Where the repository's files are.</summary>
internal static class Repository
{
    /// <summary>The folder that holds the solution.</summary>
    internal static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    private static string FindRoot(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "NemotronOperator.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"no NemotronOperator.sln above {from}");
    }
}
