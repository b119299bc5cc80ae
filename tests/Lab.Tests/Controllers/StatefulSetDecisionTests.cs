using System.Text.Json.Nodes;
using CsCheck;
using Nemotron.Lab.Controllers.StatefulSets;

namespace Nemotron.Lab.Controllers.Tests;

public class StatefulSetDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Pods are written ORDINAL STATE REVISION: r ready, p pending, t terminating, f failed; revision 1 is current, 2 is to come.
    /// The outcome: +ORDINAL/REVISION for a creation, -ORDINAL for a deletion.
    /// </summary>
    [Theory]
    // In order: one at a time, each waits for the one before.
    [InlineData("3", "", "1", "+0/1")]
    [InlineData("3", "0p1", "1", "")]
    [InlineData("3", "0r1", "1", "+1/1")]
    [InlineData("3", "0r1 2r1", "1", "+1/1")]
    [InlineData("3", "0r1 1t1 2r1", "1", "")]
    [InlineData("3", "0r1 1f1 2r1", "1", "-1")]
    // Down from the highest, one at a time.
    [InlineData("1", "0r1 1r1 2r1", "1", "-2")]
    [InlineData("1", "0r1 1r1 2t1", "1", "")]
    [InlineData("0", "0r1 1r1", "1", "-1")]
    [InlineData("1", "0p1 1r1", "1", "")]
    [InlineData("1", "0r1 1p1 2p1", "1", "")]
    [InlineData("1", "0r1 1r1 2p1", "1", "-2")]
    // All at once.
    [InlineData("3 parallel", "", "1", "+0/1 +1/1 +2/1")]
    [InlineData("3 parallel", "1p1", "1", "+0/1 +2/1")]
    [InlineData("1 parallel", "0p1 1r1 2p1 3t1", "1", "-2 -1")]
    [InlineData("3 parallel", "0f1 1t1 2r1", "1", "-0")]
    // A new revision goes from the highest ordinal, when the others are available.
    [InlineData("3", "0r1 1r1 2r1", "2", "-2")]
    [InlineData("3", "0r1 1r1 2p2", "2", "")]
    [InlineData("3", "0r1 1r1 2r2", "2", "-1")]
    [InlineData("3", "0r2 1r2 2r2", "2", "")]
    [InlineData("3 partition=2", "0r1 1r1 2r2", "2", "")]
    [InlineData("3 partition=1", "0r1 1r1 2r2", "2", "-1")]
    [InlineData("4 parallel unavailable=2", "0r1 1r1 2r1 3r1", "2", "-3 -2")]
    [InlineData("4 parallel unavailable=2", "0r1 1r1 2r1 3p2", "2", "-2")]
    [InlineData("4 parallel unavailable=2", "0r1 1r1 2p2 3p2", "2", "")]
    [InlineData("4 parallel unavailable=2", "0p1 1r1 2r1 3r1", "2", "-3")]
    [InlineData("3 ondelete", "0r1 1r1 2r1", "2", "")]
    // What is missing below the partition comes back as it was.
    [InlineData("3 partition=2", "1r1 2r2", "2", "+0/1")]
    [InlineData("3 partition=2 parallel", "0r1", "2", "+1/1 +2/2")]
    [InlineData("3 ondelete", "0r1 1r1", "2", "+2/2")]
    [InlineData("3 current=1 norolling", "0r1", "2", "+1/2")]
    // Ordinals need not begin at nought.
    [InlineData("2 start=1 parallel", "", "1", "+1/1 +2/1")]
    [InlineData("2 start=1", "0r1 1r1 2r1", "1", "-0")]
    [InlineData("2 start=1 partition=1", "1r1 2r1", "2", "-2")]
    [InlineData("3 deleting", "0r1", "1", "")]
    public void A_pass_does_what_the_real_controller_would(string set, string pods, string update, string expected)
    {
        var plan = StatefulSetDecision.Decide(Spec(set), "1", update, [.. pods.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Pod)], Now);
        string.Join(' ', plan.Create.Select(c => $"+{c.Ordinal}/{c.Revision}").Concat(plan.Delete.Select(name => "-" + name["web-".Length..]))).ShouldBe(expected);
    }

    [Fact]
    public void A_ready_pod_is_looked_at_again_when_it_becomes_available()
    {
        var spec = new StatefulSpec(2, 0) { MinReady = TimeSpan.FromSeconds(30) };
        var plan = StatefulSetDecision.Decide(spec, "1", "1", [Pod("0r1") with { Facts = Pod("0r1").Facts with { ReadySince = Now.AddSeconds(-10) } }], Now);
        plan.Create.ShouldBeEmpty("the second waits until the first is available");
        plan.NextAvailable.ShouldBe(Now.AddSeconds(20));
    }

    [Fact]
    public void Whatever_the_pods_the_update_never_takes_more_than_it_may()
    {
        var pod = Gen.Select(Gen.Int[0, 5], Gen.Char["rptf"], Gen.Char["12"]);
        Gen.Select(pod.List[0, 6], Gen.Int[0, 5], Gen.Int[1, 3], Gen.Bool).Sample((drawn, replicas, unavailable, ordered) =>
        {
            var pods = drawn.DistinctBy(p => p.Item1).Select(p => Pod($"{p.Item1}{p.Item2}{p.Item3}")).ToList();
            var spec = new StatefulSpec(replicas, 0) { MaxUnavailable = unavailable, Ordered = ordered };
            var plan = StatefulSetDecision.Decide(spec, "1", "2", pods, Now);
            var inRange = pods.Where(p => p.Ordinal < replicas).ToList();
            var before = replicas - inRange.Count(p => p.Available(spec, Now));
            var healthyTaken = inRange.Count(p => p.Available(spec, Now) && plan.Delete.Contains(p.Facts.Name));
            healthyTaken.ShouldBeLessThanOrEqualTo(Math.Max(0, unavailable - before));
            plan.Delete.ShouldBeUnique();
            plan.Create.Select(c => c.Ordinal).ShouldBeUnique();
            if (ordered) (plan.Create.Count + plan.Delete.Count).ShouldBeLessThanOrEqualTo(Math.Max(1, unavailable));
        });
    }

    [Fact]
    public void The_status_counts_and_completes()
    {
        var set = (JsonObject)JsonNode.Parse("""{"metadata":{"generation":3},"spec":{"replicas":2,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}}}}""")!;
        var half = StatefulSetStatus.Decide(set, "1", "2", 0, [Pod("0r1"), Pod("1p2")], Now);
        half.ToJsonString().ShouldBe(
            """{"observedGeneration":3,"replicas":2,"readyReplicas":1,"currentReplicas":1,"updatedReplicas":1,"currentRevision":"1","updateRevision":"2","collisionCount":0,"availableReplicas":1}""");
        var done = StatefulSetStatus.Decide(set, "1", "2", 0, [Pod("0r2"), Pod("1r2")], Now);
        done.Text("currentRevision").ShouldBe("2");
        done.Whole("currentReplicas").ShouldBe(2);
    }

    [Fact]
    public void History_is_found_again_renumbered_and_cut()
    {
        var data = (JsonObject)JsonNode.Parse("""{"spec":{"template":{"a":1}}}""")!;
        RevisionDecision.Decide([], data).ShouldBe(new RevisionPlan(null, 1));
        JsonObject[] history = [Revision("w-a", 1, 1), Revision("w-b", 2, 2), Revision("w-c", 3, 3)];
        RevisionDecision.Decide(history, data).Found!.Name().ShouldBe("w-a");
        RevisionDecision.Decide(history, data).Number.ShouldBe(4);
        var latest = (JsonObject)JsonNode.Parse("""{"spec":{"template":{"a":3}}}""")!;
        RevisionDecision.Decide(history, latest).Number.ShouldBe(3);
        RevisionDecision.Surplus(history, new HashSet<string> { "w-c" }, 1).Select(r => r.Name()).ShouldBe(["w-a"]);
        RevisionDecision.Surplus(history, new HashSet<string> { "w-a", "w-c" }, 1).ShouldBeEmpty();

        static JsonObject Revision(string name, int number, int a) => (JsonObject)JsonNode.Parse(
            $$$$$$"""{"metadata":{"name":"{{{{{{name}}}}}}"},"revision":{{{{{{number}}}}}},"data":{"spec":{"template":{"a":{{{{{{a}}}}}}}}}}""")!;
    }

    private static StatefulSpec Spec(string text)
    {
        var words = text.Split(' ');
        int? Of(string name) => words.FirstOrDefault(w => w.StartsWith(name + "=", StringComparison.Ordinal)) is { } w ? int.Parse(w[(name.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture) : null;
        return new(int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture), Of("start") ?? 0)
        {
            Ordered = !words.Contains("parallel"),
            OnDelete = words.Contains("ondelete"),
            Partition = words.Contains("norolling") ? null : Of("partition") ?? 0,
            MaxUnavailable = Of("unavailable") ?? 1,
            CurrentReplicas = Of("current") ?? 0,
            Deleting = words.Contains("deleting"),
        };
    }

    private static StatefulPod Pod(string text) => new(text[0] - '0', text[2..], new()
    {
        Name = $"web-{text[0]}",
        Uid = text[..1],
        Phase = text[1] switch { 'p' => "Pending", 'f' => "Failed", _ => "Running" },
        ReadySince = text[1] is 'r' or 't' ? Now.AddMinutes(-5) : null,
        Deleting = text[1] == 't',
    });
}
