using System.Reflection;
using System.Text.RegularExpressions;

namespace Nemotron.Crds.Tests;

/// <summary>Conditions, labels and annotations are part of the API: they must be valid and distinct.</summary>
public class VocabularyTests
{
    [Fact]
    public void ConditionTypesAndReasons_AreOneWordEach_NamedAsTheyRead()
    {
        foreach (var (name, value) in Constants(typeof(ConditionTypes)).Concat(Constants(typeof(ConditionReasons))))
        {
            value.ShouldBe(name);
            Regex.IsMatch(value, "^[A-Z][A-Za-z0-9]*$").ShouldBeTrue(name);
        }
    }

    [Theory]
    [InlineData(typeof(NemotronLabels))]
    [InlineData(typeof(NemotronAnnotations))]
    [InlineData(typeof(NemotronFinalizers))]
    [InlineData(typeof(NemotronTaints))]
    public void Keys_AreQualifiedNames_AndDistinct(Type vocabulary)
    {
        var values = Constants(vocabulary).Select(c => c.Value).ToList();
        values.ShouldBeUnique();
        values.ShouldAllBe(v => Regex.IsMatch(v, Patterns.QualifiedName) && v.Length <= 317);
    }

    [Theory]
    [InlineData("/models/super")]
    [InlineData("/models/super/")]
    [InlineData("/models/.cache/x")]
    [InlineData("/models/..data/x")]
    public void AbsolutePath_TakesPaths(string path) => Regex.IsMatch(path, Patterns.AbsolutePath).ShouldBeTrue();

    [Theory]
    [InlineData("models")]
    [InlineData("/")]
    [InlineData("/models/../etc")]
    [InlineData("/..")]
    [InlineData("/a//b")]
    [InlineData("/a/./b")]
    public void AbsolutePath_TakesNothingThatClimbs(string path) => Regex.IsMatch(path, Patterns.AbsolutePath).ShouldBeFalse();

    [Theory]
    [InlineData("a", true)]
    [InlineData("a/b.c/", true)]
    [InlineData("..data/x", true)]
    [InlineData("../a", false)]
    [InlineData("a/..", false)]
    [InlineData("/a", false)]
    [InlineData("", false)]
    public void RelativePath_StaysBelow(string path, bool valid) => Regex.IsMatch(path, Patterns.RelativePath).ShouldBe(valid);

    [Theory]
    [InlineData("64Gi", true)]
    [InlineData("0.5", true)]
    [InlineData("100m", true)]
    [InlineData("1e3", true)]
    [InlineData("-1", false)]
    [InlineData("64GB", false)]
    [InlineData("lots", false)]
    public void Quantity_IsKubernetesOwn_ButNotNegative(string text, bool valid) => Regex.IsMatch(text, Patterns.Quantity).ShouldBe(valid);

    [Theory]
    [InlineData("0%", true)]
    [InlineData("25%", true)]
    [InlineData("100%", true)]
    [InlineData("101%", false)]
    [InlineData("025%", false)]
    [InlineData("25", false)]
    [InlineData("-5%", false)]
    public void Percent_IsUpToAHundred(string text, bool valid) => Regex.IsMatch(text, Patterns.Percent).ShouldBe(valid);

    private static IEnumerable<(string Name, string Value)> Constants(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (f.Name, (string)f.GetRawConstantValue()!));
}
