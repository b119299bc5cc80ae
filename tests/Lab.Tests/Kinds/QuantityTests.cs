using Nemotron.Lab.Kinds;
using Nemotron.Lab.Kinds.Tables;

namespace Nemotron.Lab.Tests.Kinds;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("1", "1")]
    [InlineData("1000m", "1")]
    [InlineData("0.5", "500m")]
    [InlineData("1500m", "1500m")]
    [InlineData("1.5", "1500m")]
    [InlineData("1000", "1k")]
    [InlineData("1500", "1500")]
    [InlineData("1e3", "1e3")]
    [InlineData("1E3", "1e3")]
    [InlineData("12e6", "12e6")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("2000Gi", "2000Gi")]
    [InlineData("2Ti", "2Ti")]
    [InlineData("0.5Gi", "512Mi")]
    [InlineData("1Ki", "1Ki")]
    [InlineData("0", "0")]
    [InlineData("0Gi", "0")]
    [InlineData("-1", "-1")]
    [InlineData("100M", "100M")]
    [InlineData("1234567n", "1234567n")]
    public void Canonical(string text, string expected)
    {
        Quantity.TryParse(text, out var quantity).ShouldBeTrue();
        quantity.ToString().ShouldBe(expected);
        Quantity.TryParse(expected, out var again).ShouldBeTrue();
        again.Amount.ShouldBe(quantity.Amount);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("1Q")]
    [InlineData("1 Gi")]
    [InlineData("--1")]
    [InlineData("1e99")]
    public void NoQuantity(string text) => Quantity.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(-0.5, "0s")]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(185, "3m5s")]
    [InlineData(600, "10m")]
    [InlineData(10_799, "179m")]
    [InlineData(3 * 3600, "3h")]
    [InlineData(3 * 3600 + 60, "3h1m")]
    [InlineData(47 * 3600, "47h")]
    [InlineData(50 * 3600, "2d2h")]
    [InlineData(8 * 86400, "8d")]
    [InlineData(800 * 86400, "2y70d")]
    [InlineData(9 * 365 * 86400, "9y")]
    public void Ages(double seconds, string expected) => HumanDuration.Of(TimeSpan.FromSeconds(seconds)).ShouldBe(expected);
}
