using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Nodes;
using static Nemotron.Lab.Engines.Tests.EngineLab;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>A replica over several pods: the leader waits for its workers, and falls with them.</summary>
public class GroupTests
{
    private const string Image = "nvcr.io/nvidia/tensorrt-llm/release:1.3.0rc20";

    [Fact]
    public async Task The_leader_serves_when_its_workers_have_joined_and_ends_when_one_is_gone()
    {
        await using var lab = await StartAsync("2xH100:8", clockSpeed: 20);
        lab.Create(Leader());
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("g").Text("status", "phase") == "Running", "leader running");
        (await lab.LogAsync("g", "?follow=false")).ShouldNotContain("all are here");

        lab.Create(Worker());
        await lab.ReadyAsync("g");
        (await lab.LogAsync("g")).ShouldContain("group: all are here");
        lab.Get("g-1").ConditionIsTrue("Ready").ShouldBeTrue();
        (await lab.PostAsync("g", "/v1/chat/completions", Chat("Hello"), tokens: 5)).Status.ShouldBe(200);

        lab.Cluster.Crash("default", "g-1", null, 1);
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Status("g").Whole("restartCount") >= 1, "leader restarted");
        (await lab.LogAsync("g", "?previous=true")).ShouldContain("group: the connection to worker 1 is gone: ending the world");
    }

    [Fact]
    public async Task Workers_end_in_order_with_a_leader_that_was_asked_to()
    {
        await using var lab = await StartAsync("2xH100:8", clockSpeed: 20);
        lab.Create(Leader());
        var worker = Worker();
        worker["spec"]!["restartPolicy"] = "Never";
        lab.Create(worker);
        await lab.ReadyAsync("g");
        lab.Cluster.Api.Delete(BuiltIn.Pods, "default", "g");
        await lab.UntilAsync(BuiltIn.Pods, () => lab.Find("g") is null && lab.Get("g-1").Text("status", "phase") == "Succeeded", "both ended");
    }

    private static JsonObject Leader() => Member("g", "lead --nodes 2 --gpus 8 --port 7070 -- trtllm-serve serve nvidia/Llama-3_1-Nemotron-Ultra-253B-v1 --host 0.0.0.0 --tp_size 8 --pp_size 2 --max_seq_len 32768 --trust_remote_code", "0");

    private static JsonObject Worker()
    {
        var worker = Member("g-1", "join --port 7070", "1");
        ((JsonObject)worker["spec"]!["containers"]![0]!).Remove("readinessProbe");
        return worker;
    }

    private static JsonObject Member(string name, string arguments, string index)
    {
        var pod = Pod(name, Image, ["python3", "/etc/nemotron/mpi_group.py", .. arguments.Split(' ')], gpus: 8, env: [$"LWS_WORKER_INDEX={index}", "LWS_LEADER_ADDRESS=g.g.default"]);
        pod["metadata"]!["labels"]!["leaderworkerset.sigs.k8s.io/group-key"] = "k";
        pod["metadata"]!["annotations"]![EngineLoadTimes.WeightsAnnotation] = "506000000000";
        return pod;
    }
}
