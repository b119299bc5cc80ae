namespace Nemotron.Planning.Tests;

/// <summary>Files that lie beside the repository, in <c>../shared/data</c>.</summary>
internal static class SharedData
{
    /// <summary>The text of a shared file; skips the test, with the reason, where the folder is absent.</summary>
    public static string Read(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "NemotronOperator.sln"))) continue;
            var path = Path.Combine(folder.FullName, "..", "shared", "data", name);
            if (File.Exists(path)) return File.ReadAllText(path);
            Assert.Skip($"{path} is absent");
        }
        Assert.Skip("no folder above the tests holds NemotronOperator.sln");
        return "";
    }
}
