using Nemotron.Planning.Simulation;

namespace Nemotron.Planning.Tests.Simulation;

public sealed class TraceTests
{
    private const string Azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:50.9951690,396,109\n2023-11-16 18:15:46.6805900,374,44\n";

    [Fact]
    public void Azures_columns_are_read_and_put_in_order()
    {
        var trace = TraceFile.Read("t.csv", Azure);
        trace.Select(item => (item.Request.Id, item.Request.PromptTokens, item.Request.OutputTokens)).ShouldBe([(0, 374, 44), (1, 396, 109)]);
        trace[0].Sent.ShouldBe(TimeSpan.Zero);
        trace[1].Sent.TotalSeconds.ShouldBe(4.314579, 1e-6);
    }

    [Theory]
    [InlineData("Time,ContextTokens,GeneratedTokens\n1,1,1", "t.csv: line 1: no column TIMESTAMP; a trace has the columns TIMESTAMP, ContextTokens, GeneratedTokens")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n", "t.csv: holds no requests")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\nnoon,1,1", "t.csv: line 2: TIMESTAMP: 'noon' is no time")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16,0,1", "t.csv: line 2: ContextTokens: '0' is no number of tokens between 1 and 16777216")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16,1", "t.csv: line 2: the row: has 2 cells, the header 3")]
    public void A_bad_trace_is_answered_with_line_and_column(string text, string message) =>
        Should.Throw<FormatException>(() => TraceFile.Read("t.csv", text)).Message.ShouldContain(message);

    [Fact]
    public void Shaping_scales_the_rate_and_lets_a_share_think()
    {
        var recorded = new SyntheticTrace { Seed = 3 }.Generate();
        var shaped = new TraceShape { RateScale = 2.5, ReasoningShare = 0, ReasoningShareLater = 0.6 }.Apply(recorded);
        ((double)shaped.Count / recorded.Count).ShouldBe(2.5, 0.05);
        var middle = shaped[^1].Sent / 2;
        shaped.Where(item => item.Sent < middle - TimeSpan.FromMinutes(1)).ShouldAllBe(item => item.Request.Mode == "Off");
        var later = shaped.Where(item => item.Sent > middle + TimeSpan.FromMinutes(1)).ToArray();
        ((double)later.Count(item => item.Request.Mode == "On") / later.Length).ShouldBe(0.6, 0.05);
        var ratio = later.Where(item => item.Request.Mode == "On").Average(item => item.Request.OutputTokens) / later.Where(item => item.Request.Mode == "Off").Average(item => item.Request.OutputTokens);
        ratio.ShouldBeInRange(5, 30);
        shaped.Zip(shaped.Skip(1)).ShouldAllBe(pair => pair.First.Sent <= pair.Second.Sent);
    }

    [Fact]
    public void Same_seed_same_trace_other_seed_other_trace()
    {
        new SyntheticTrace { Seed = 5 }.Generate().ShouldBe(new SyntheticTrace { Seed = 5 }.Generate());
        new SyntheticTrace { Seed = 5 }.Generate().ShouldNotBe(new SyntheticTrace { Seed = 6 }.Generate());
    }
}
