namespace Nemotron.House.Tests;

/// <summary>Habits of the house that a compiler does not hold (design §8).</summary>
public class HabitTests
{
    private const int LongestFileLines = 450;

    [Fact]
    public void No_file_is_a_drawer()
    {
        foreach (var file in Repository.Sources("src"))
            Path.GetFileNameWithoutExtension(file).ShouldNotMatch("(Manager|Helpers?|Utils?|Utilities|Common|Misc)$");
    }

    [Fact]
    public void No_source_file_outgrows_a_few_screens()
    {
        var tooLong = Repository.Sources("src")
            .Select(file => (file, lines: File.ReadLines(file).Count()))
            .Where(f => f.lines > LongestFileLines)
            .Select(f => $"{Path.GetRelativePath(Repository.Root, f.file)}: {f.lines} lines");
        tooLong.ShouldBeEmpty();
    }

    [Fact]
    public void No_test_waits_by_sleeping()
    {
        foreach (var file in Repository.Sources("tests"))
        {
            if (Path.GetFileName(file) == "HabitTests.cs") continue;
            File.ReadAllText(file).ShouldNotMatch(@"Thread\.Sleep\(", file);
        }
    }
}
