using System.Net;
using System.Text.Json.Nodes;
using Nemotron.Engines.Launch;
using Nemotron.Planning;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>What the operator launches, these engines start with.</summary>
public class OperatorLaunchTests
{
    [Theory]
    [InlineData(EngineKind.TrtLlmServe, null, false)]
    [InlineData(EngineKind.TrtLlmServe, "1.3.0rc20", false)]
    [InlineData(EngineKind.TrtLlmServe, "1.3.0rc20", true)]
    [InlineData(EngineKind.Triton, null, false)]
    public void Every_launch_of_the_operator_is_understood(EngineKind kind, string? version, bool grpc)
    {
        var launch = EngineLaunch.Build(new()
        {
            Engine = kind,
            Version = version,
            Api = grpc ? EngineApi.TokenGrpc : EngineApi.Http,
            ModelName = "Super",
            Model = "nvidia/Llama-3_3-Nemotron-Super-49B-v1",
            TensorParallel = 2,
            MaxContextTokens = 32768,
            MaxBatchSize = 64,
            MaxBatchedTokens = 8192,
            KvFreeMemoryFraction = 0.9,
            KvMaxTokens = 100_000,
        });
        var container = new JsonObject { ["name"] = "engine", ["image"] = launch.Image, ["command"] = new JsonArray([.. launch.Command]), ["args"] = new JsonArray([.. launch.Args]) };
        EngineProgram.Find(container).ShouldNotBeNull();

        var settings = EngineStart.Read(new()
        {
            Pod = [],
            Container = container,
            Ip = IPAddress.Loopback,
            Gpus = [0, 1],
            CommandLine = [.. launch.Command, .. launch.Args],
            Environment = launch.Environment,
            Files = launch.ConfigFiles.ToDictionary(file => $"{LaunchSpec.ConfigFolder}/{file.Key}", file => file.Value),
        });

        settings.Model.ShouldBe("nvidia/Llama-3_3-Nemotron-Super-49B-v1");
        settings.TensorParallel.ShouldBe(2);
        settings.MaxBatchSize.ShouldBe(64);
        settings.KvMaxTokens.ShouldBe(100_000);
        settings.Exposed.ShouldBeTrue();
        var open = new[] { settings.HttpPort, settings.GrpcPort, settings.MetricsPort }.OfType<int>().Order();
        open.ShouldBe(launch.Ports.Select(port => port.Number).Order());
    }
}
