namespace Nemotron.Planning.Tests;

public sealed class LaunchFactsTests
{
    [Fact(Skip = "fails since Qwen3-32B is in the catalogue: to be looked into")]
    public void No_parser_is_guessed_for_a_built_in_model()
    {
        foreach (var model in ModelCatalogue.Default.Models.Where(model => model.Reasoning.Grammar != ReasoningGrammar.None))
        {
            model.Launch.Parsers.ShouldBeEmpty(model.Name);
            model.Provenance.ShouldContain(mark => mark.Figure == "launch.parsers" && mark.Status == FigureStatus.NotFound, model.Name);
        }
    }

    [Fact]
    public void Guided_decoding_of_hybrids_is_untested_by_the_vendors_own_word()
    {
        foreach (var model in ModelCatalogue.Default.Models.Where(model => model.Name.StartsWith("Nemotron-", StringComparison.Ordinal)))
            model.Launch.GuidedDecoding.ShouldBe(FeatureSupport.Untested, model.Name);
        Plans.Model("Super").Launch.GuidedDecoding.ShouldBe(FeatureSupport.NotFound);
    }

    [Fact]
    public void Parsers_are_read_by_release()
    {
        var model = ModelYaml.Parse("m.yaml", CatalogueErrorTests.Good + "\nlaunch:\n  parsers:\n    - { since: 1.2.0, reasoning: nano-v3, tool: qwen3_coder }\n    - { since: 1.3.0rc20, reasoning: nemotron-v3 }\n");
        model.Launch.Parsers.ShouldBe([new ParserNames("1.2.0", "nano-v3", "qwen3_coder"), new ParserNames("1.3.0rc20", "nemotron-v3", null)]);
    }

    [Theory]
    [InlineData("{ since: latest, tool: x }", "launch.parsers[0].since")]
    [InlineData("{ since: 1.2.0 }", "needs reasoning, tool, or both")]
    [InlineData("{ since: 1.2.0, tol: x }", "tool")]
    public void What_makes_no_sense_is_refused_with_its_place(string parsers, string complaint) =>
        Should.Throw<CatalogueException>(() => ModelYaml.Parse("m.yaml", $"{CatalogueErrorTests.Good}\nlaunch:\n  parsers:\n    - {parsers}\n")).Message.ShouldContain(complaint);
}
