using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Tests.Scaling;

public class ArrivalForecastTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_trend_is_drawn_on_as_far_as_help_takes_but_no_further_than_two_minutes()
    {
        var rising = Line(perSecond: 0.02);
        var at = ArrivalForecast.Expect(rising, Now, TimeSpan.Zero).Off;
        at.Then.ShouldBe(at.Now);
        var soon = ArrivalForecast.Expect(rising, Now, TimeSpan.FromSeconds(60)).Off.Then;
        var late = ArrivalForecast.Expect(rising, Now, TimeSpan.FromSeconds(120)).Off.Then;
        soon.ShouldBeGreaterThan(at.Now);
        late.ShouldBeGreaterThan(soon);
        ArrivalForecast.Expect(rising, Now, TimeSpan.FromMinutes(5)).Off.Then.ShouldBe(late);
    }

    [Fact]
    public void A_level_load_stays_and_none_falls_below_nothing()
    {
        ArrivalForecast.Expect(Line(perSecond: 0), Now, TimeSpan.FromMinutes(5)).Off.Then.ShouldBe(10, 1e-9);
        ArrivalForecast.Expect(Line(perSecond: -0.03), Now, TimeSpan.FromMinutes(5)).Off.Then.ShouldBeGreaterThanOrEqualTo(0);
    }

    // Five minutes of samples that end at ten requests per second.
    private static List<ArrivalSample> Line(double perSecond) =>
        [.. Enumerable.Range(0, 21).Select(i => new ArrivalSample(Now - TimeSpan.FromSeconds(15 * (20 - i)), 10 - perSecond * 15 * (20 - i), 0, 100))];
}
