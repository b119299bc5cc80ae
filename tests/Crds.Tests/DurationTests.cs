using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;

namespace Nemotron.Crds.Tests;

public class DurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("90s", 90_000)]
    [InlineData("1h2m3s", 3_723_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData(".5s", 500)]
    [InlineData("5.s", 5_000)]
    [InlineData("300ms", 300)]
    [InlineData("+2m", 120_000)]
    [InlineData("-2m", -120_000)]
    [InlineData("1m1h", 3_660_000)]
    [InlineData("1000us", 1)]
    [InlineData("1000\u00b5s", 1)]
    [InlineData("1000000ns", 1)]
    [InlineData("720h", 2_592_000_000)]
    public void Parse_GoText_GivesSpan(string text, long milliseconds) =>
        Duration.Parse(text).Value.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("5 m")]
    [InlineData("5d")]
    [InlineData("1h30")]
    [InlineData("h")]
    [InlineData(".s")]
    [InlineData("1..5s")]
    [InlineData("--1s")]
    [InlineData("1e3s")]
    [InlineData("1S")]
    [InlineData("PT5M")]
    [InlineData("00:05:00")]
    [InlineData("1000000000000h")]
    [InlineData("99999999999999999999999999999999s")]
    public void TryParse_NoDuration_IsFalse(string text)
    {
        Duration.TryParse(text, out var value).ShouldBeFalse();
        value.ShouldBe(default);
        Should.Throw<FormatException>(() => Duration.Parse(text));
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(5 * TimeSpan.TicksPerMinute, "5m0s")]
    [InlineData(TimeSpan.TicksPerHour, "1h0m0s")]
    [InlineData(90 * TimeSpan.TicksPerSecond, "1m30s")]
    [InlineData(1_500 * TimeSpan.TicksPerMillisecond, "1.5s")]
    [InlineData(300 * TimeSpan.TicksPerMillisecond, "300ms")]
    [InlineData(2_500, "250\u00b5s")]
    [InlineData(1, "100ns")]
    [InlineData(-15 * TimeSpan.TicksPerSecond, "-15s")]
    public void ToString_IsGoText(long ticks, string text) =>
        new Duration(TimeSpan.FromTicks(ticks)).ToString().ShouldBe(text);

    [Fact]
    public void AnySpan_ComesBackFromItsText() =>
        Gen.Long.Sample(ticks => Duration.Parse(new Duration(TimeSpan.FromTicks(ticks)).ToString()).Value.Ticks == ticks);

    [Fact]
    public void Extremes_ComeBackFromTheirText()
    {
        foreach (var value in (Duration[])[TimeSpan.MinValue, TimeSpan.MaxValue])
            Duration.Parse(value.ToString()).ShouldBe(value);
    }

    [Fact]
    public void WhatTheSchemaTakes_CanBeRead()
    {
        // Whatever passes the pattern must not stop a decoder later.
        var pattern = new Regex(Patterns.Duration);
        var text = Gen.Char["0123456789.hms"].Array[1, 12].Select(c => new string(c));
        text.Sample(t => !pattern.IsMatch(t) || Duration.TryParse(t, out _), iter: 20_000);
        Duration.TryParse("999999.999h999999h999999h999999.999h", out _).ShouldBeTrue();
    }

    [Fact]
    public void Json_IsText()
    {
        JsonSerializer.Serialize((Duration)TimeSpan.FromMinutes(5)).ShouldBe("\"5m0s\"");
        JsonSerializer.Deserialize<Duration>("\"1h\"").Value.ShouldBe(TimeSpan.FromHours(1));
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<Duration>("60"));
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<Duration>("\"soon\""));
    }

    [Fact]
    public void Order_IsThatOfTime()
    {
        var shorter = Duration.Parse("59m");
        var longer = Duration.Parse("1h");
        (shorter < longer).ShouldBeTrue();
        (shorter >= longer).ShouldBeFalse();
        new[] { longer, shorter }.Order().ShouldBe([shorter, longer]);
    }
}
