namespace Nemotron.Controllers.Tests.Launch;

public class MpiGroupTests
{
    [Fact]
    public async Task One_world_spans_the_pods_and_drains_before_it_ends()
    {
        await using var group = Group(nodes: 3);
        var leader = group.Lead();
        var workers = new[] { group.Join(1), group.Join(2) };
        await leader.SaysAsync("serving with 1 arguments: one argument");
        await leader.SaysAsync("rank 5 of 6 in pod-2");
        foreach (var (rank, pod) in new[] { (0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (5, 2) }) await leader.SaysAsync($"rank {rank} of 6 in pod-{pod}");

        // Kubernetes asks them all at about the same time; only the leader knows of requests.
        foreach (var worker in workers) worker.Terminate();
        await workers[0].SaysAsync("waiting for the leader");
        leader.Terminate();

        (await leader.ExitCodeAsync()).ShouldBe(0, leader.Output);
        leader.Output.ShouldContain("drained");
        foreach (var worker in workers) (await worker.ExitCodeAsync()).ShouldBe(0, worker.Output);
    }

    [Fact]
    public async Task A_worker_that_dies_ends_the_leader_so_that_the_group_is_made_anew()
    {
        await using var group = Group(nodes: 2);
        var (leader, worker) = (group.Lead(), group.Join(1));
        await leader.SaysAsync("rank 3 of 4");
        worker.Kill();
        (await leader.ExitCodeAsync()).ShouldNotBe(0, leader.Output);
        leader.Output.ShouldContain("the connection to worker 1 is gone");
    }

    [Fact]
    public async Task A_leader_that_dies_ends_its_workers()
    {
        await using var group = Group(nodes: 2);
        var (leader, worker) = (group.Lead(), group.Join(1));
        await leader.SaysAsync("rank 3 of 4");
        leader.Kill();
        (await worker.ExitCodeAsync()).ShouldBe(1, worker.Output);
        worker.Output.ShouldContain("the leader is gone");
    }

    [Fact]
    public async Task A_server_that_crashes_does_not_leave_the_rest_running_for_ever()
    {
        await using var group = Group(nodes: 2);
        await File.WriteAllTextAsync(group.PathOf("server.sh"), "#!/bin/bash\necho crashing; exit 3\n", TestContext.Current.CancellationToken);
        var (leader, worker) = (group.Lead("--ending", "1"), group.Join(1));
        (await leader.ExitCodeAsync()).ShouldBe(1, leader.Output);
        leader.Output.ShouldContain("the server has ended, the world has not");
        await worker.ExitCodeAsync();
    }

    [Fact]
    public async Task Who_does_not_call_from_a_workers_address_is_refused()
    {
        await using var group = Group(nodes: 2);
        var leader = group.Lead();
        await leader.SaysAsync("waiting for 1 workers");
        // Index 7 is none of the group's.
        var stranger = group.Join(7);
        await leader.SaysAsync("refused");
        stranger.Ended.ShouldBeFalse();
        stranger.Terminate();
        (await stranger.ExitCodeAsync()).ShouldBe(143, stranger.Output);
    }

    [Fact]
    public async Task While_it_waits_for_workers_it_stops_at_once()
    {
        await using var group = Group(nodes: 2);
        var leader = group.Lead();
        await leader.SaysAsync("waiting for 1 workers");
        leader.Terminate();
        (await leader.ExitCodeAsync()).ShouldBe(143, leader.Output);
    }

    private static MpiGroup Group(int nodes)
    {
        if (MpiGroup.Missing is { } why) Assert.Skip(why);
        return new MpiGroup(nodes);
    }
}
