using Nemotron.Lab.Cel;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Schema;

public sealed class FormatsAndPatternsTests
{
    [Theory]
    [InlineData("duration", "1h", "1 hour after")]
    [InlineData("date-time", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05")]
    [InlineData("date", "2026-02-28", "2026-02-30")]
    [InlineData("ipv4", "10.0.0.1", "10.1")]
    [InlineData("ipv6", "::1", "10.0.0.1")]
    [InlineData("cidr", "10.0.0.1/8", "10.0.0.0")]
    [InlineData("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567")]
    [InlineData("byte", "aGVsbG8=", "aGVsbG8")]
    [InlineData("hostname", "node-1.example.com", "-node")]
    [InlineData("uri", "https://example.com/x", "example com")]
    [InlineData("email", "a@example.com", "a.example.com")]
    [InlineData("mac", "01:23:45:67:89:ab", "01:23")]
    public void A_format_takes_the_right_and_refuses_the_wrong(string format, string right, string wrong)
    {
        StringFormats.IsValid(format, right).ShouldBeTrue();
        StringFormats.IsValid(format, wrong).ShouldBeFalse();
    }

    [Theory]
    [InlineData("^a$", "a", true)]
    [InlineData("^a$", "a\n", false)]
    [InlineData(@"^\d+$", "12", true)]
    [InlineData(@"^\d+$", "١٢", false)] // RE2's \d is ASCII
    [InlineData(@"^[\w.]+$", "a_1.b", true)]
    [InlineData("^[[:alpha:]-]+$", "a-b", true)]
    [InlineData(@"^(?P<n>x)\z", "x", true)]
    [InlineData("(?m)^b$", "a\nb\nc", true)]
    [InlineData("(?i)ABC", "abc", true)]
    public void Patterns_mean_what_they_mean_in_RE2(string pattern, string text, bool matches)
    {
        Re2Pattern.TryCompile(pattern, out var regex).ShouldBeTrue();
        regex!.IsMatch(text).ShouldBe(matches);
    }

    [Theory]
    [InlineData("(?=a)")]
    [InlineData(@"(a)\1")]
    [InlineData("(")]
    public void What_RE2_does_not_know_does_not_compile(string pattern) => Re2Pattern.TryCompile(pattern, out _).ShouldBeFalse();

    [Theory]
    [InlineData("1h30m", 5400L * 1_000_000_000)]
    [InlineData("-1.5s", -1_500_000_000L)]
    [InlineData("100us", 100_000L)]
    [InlineData("0", 0L)]
    public void Durations_are_read_as_Go_reads_them(string text, long nanoseconds)
    {
        CelDuration.TryParse(text, out var duration).ShouldBeTrue();
        duration.Nanoseconds.ShouldBe(nanoseconds);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("")]
    [InlineData("1d")]
    [InlineData("9999999h9999999h")]
    public void What_is_no_duration_is_refused(string text) => CelDuration.TryParse(text, out _).ShouldBeFalse();
}
