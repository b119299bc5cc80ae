using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.Tests;

public class DeploymentStatusDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DeploymentCounts None = new(0, 0, 0, 0, 0);

    [Fact]
    public void Progress_then_silence_then_the_deadline()
    {
        var moved = Progress(None, new(1, 1, 0, 0, 1));
        var (conditions, again) = DeploymentStatusDecision.Decide(moved, null, Now, judgeProgress: true);
        Told(conditions, "Available").ShouldBe("False MinimumReplicasUnavailable Deployment does not have minimum availability.");
        Told(conditions, "Progressing").ShouldBe("True ReplicaSetUpdated ReplicaSet \"nano-abc\" is progressing.");
        again.ShouldBe(TimeSpan.FromSeconds(600));

        var still = Progress(new(1, 1, 0, 0, 1), new(1, 1, 0, 0, 1));
        (conditions, again) = DeploymentStatusDecision.Decide(still, conditions, Now.AddSeconds(100), judgeProgress: true);
        Told(conditions, "Progressing").ShouldStartWith("True ReplicaSetUpdated");
        again.ShouldBe(TimeSpan.FromSeconds(501));

        (conditions, again) = DeploymentStatusDecision.Decide(still, conditions, Now.AddSeconds(601), judgeProgress: true);
        Told(conditions, "Progressing").ShouldBe("False ProgressDeadlineExceeded ReplicaSet \"nano-abc\" has timed out progressing.");
        again.ShouldBeNull();

        // A verdict stands until something moves.
        (conditions, _) = DeploymentStatusDecision.Decide(still, conditions, Now.AddSeconds(900), judgeProgress: true);
        Told(conditions, "Progressing").ShouldStartWith("False ProgressDeadlineExceeded");
        (conditions, _) = DeploymentStatusDecision.Decide(Progress(new(1, 1, 0, 0, 1), new(1, 1, 1, 1, 0)), conditions, Now.AddSeconds(901), judgeProgress: true);
        Told(conditions, "Progressing").ShouldBe("True NewReplicaSetAvailable ReplicaSet \"nano-abc\" has successfully progressed.");
        Told(conditions, "Available").ShouldBe("True MinimumReplicasAvailable Deployment has minimum availability.");
    }

    [Fact]
    public void A_completed_rollout_does_not_time_out_when_a_pod_dies_later()
    {
        var done = DeploymentStatusDecision.Set(null, "Progressing", "True", "NewReplicaSetAvailable", "done", Now);
        var (conditions, again) = DeploymentStatusDecision.Decide(Progress(new(1, 1, 1, 1, 0), new(1, 1, 0, 0, 1)), done, Now.AddHours(5), judgeProgress: true);
        Told(conditions, "Progressing").ShouldStartWith("True NewReplicaSetAvailable");
        again.ShouldBeNull();
    }

    [Fact]
    public void Without_a_deadline_there_is_no_progressing_condition()
    {
        var (conditions, again) = DeploymentStatusDecision.Decide(Progress(None, None) with { ProgressDeadline = null }, null, Now, judgeProgress: true);
        DeploymentStatusDecision.Find(conditions, "Progressing").ShouldBeNull();
        again.ShouldBeNull();
    }

    [Fact]
    public void The_transition_time_moves_with_the_status_only()
    {
        var first = DeploymentStatusDecision.Set(null, "Progressing", "True", "A", "a", Now);
        var second = DeploymentStatusDecision.Set(first, "Progressing", "True", "B", "b", Now.AddMinutes(1));
        var condition = DeploymentStatusDecision.Find(second, "Progressing");
        condition.Time("lastTransitionTime").ShouldBe(Now);
        condition.Time("lastUpdateTime").ShouldBe(Now.AddMinutes(1));
        DeploymentStatusDecision.Set(second, "Progressing", "True", "B", "other words", Now.AddMinutes(2)).ShouldBeSameAs(second);
    }

    private static DeploymentProgress Progress(DeploymentCounts before, DeploymentCounts after) =>
        new("nano", 1, 0, before, after, "nano-abc", TimeSpan.FromSeconds(600));

    private static string Told(JsonArray conditions, string type)
    {
        var condition = DeploymentStatusDecision.Find(conditions, type);
        return $"{condition.Text("status")} {condition.Text("reason")} {condition.Text("message")}";
    }
}
