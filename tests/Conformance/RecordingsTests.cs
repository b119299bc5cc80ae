using Nemotron.Lab.Api;

namespace Nemotron.Conformance;

/// <summary>The Lab, or another server (see <see cref="ServerChoice"/>), against the recordings of a real kube-apiserver.</summary>
public class RecordingsTests(ITestOutputHelper output)
{
    private const int Required = 210;

    [Fact]
    public async Task The_server_answers_the_recorded_exchanges_alike()
    {
        var recordings = Recording.Load();
        if (recordings is null) Assert.Skip("the recordings are not there: ../shared/data/apiserver-recordings.jsonl beside the repository");
        var cancel = TestContext.Current.CancellationToken;
        var lab = new LabServerOptions { Time = new FrozenClock(), OnInternalError = broken => output.WriteLine(broken.ToString()) };
        await using var server = await ServerUnderTest.StartAsync(ServerChoice.Of(Environment.GetEnvironmentVariable), lab, cancel);
        Say($"conformance: running against {server.Name} at {server.Url}");
        using var client = server.CreateClient();

        var answers = await new Replay(client, cancel).RunAsync(recordings);
        var judged = answers.Select(a => (a.Recording, Differences: Judge.Differences(a.Recording, a.Answer))).ToArray();
        var known = KnownDifferences.Load();
        var different = judged.Where(j => j.Differences.Count > 0).ToArray();
        int alike = judged.Length - different.Length;
        Say($"conformance: {alike} of {judged.Length} answered alike against {server.Name}");
        foreach (var (recording, differences) in different)
        {
            string reason = known.TryGetValue(KnownDifferences.KeyOf(recording), out string? why) ? $"known: {why}" : "NOT LISTED";
            Say($"  {recording.Label}: {reason}");
            foreach (string difference in differences.Take(6)) Say($"      {difference}");
        }

        alike.ShouldBeGreaterThanOrEqualTo(Required);
        if (!server.IsLab) return;
        var unlisted = different.Select(d => d.Recording).Where(r => !known.ContainsKey(KnownDifferences.KeyOf(r))).Select(r => r.Label);
        unlisted.ShouldBeEmpty("every difference stands in known-differences.txt with its reason");
        var healed = known.Keys.Except(different.Select(d => KnownDifferences.KeyOf(d.Recording)));
        healed.ShouldBeEmpty("what is alike now comes off known-differences.txt");
    }

    /// <summary>
    /// A clock that stands while timers run: all writes fall in one second, so that managedFields, which are ordered by time first,
    /// come in one order.
    /// </summary>
    private sealed class FrozenClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    }

    /// <summary>To the test's report and to the terminal: which server was asked is never silent.</summary>
    private void Say(string line)
    {
        output.WriteLine(line);
        Console.WriteLine(line);
    }
}
