using k8s.Models;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>How a pod that serves is stopped.</summary>
/// <param name="EngineHook">What runs before the engine gets SIGTERM.</param>
/// <param name="Grace">What Kubernetes is to wait before it kills.</param>
internal sealed record PodStop(V1LifecycleHandler EngineHook, TimeSpan Grace)
{
    // From the last request's end, or its being cut, to the end of the gateway's process.
    private static readonly TimeSpan GatewayEnds = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Without a gateway the engine waits until Endpoints have left every node's tables, and drains itself. With one, both get the word at the same time: the
    /// gateway SIGTERM – it is not ready from then on, takes new requests for as long as Endpoints need, refuses them then, and ends when nothing is in
    /// flight or the drain's deadline is over –, and the engine its hook, a GET that the gateway answers when it has drained. SIGTERM comes to the engine after that,
    /// with nothing left to do for it. Where the gateway is dead already the hook fails at once, and there is nothing to wait for.
    /// </summary>
    public static PodStop Of(DecidedDeployment decided)
    {
        var stop = decided.Launch.Stop;
        if (decided.Gateway is null) return new PodStop(Sleep(stop.WaitBefore), stop.Grace);
        // gRPC goes past the gateway, so the engine drains its own requests while the gateway drains the others. A second later than the gateway, whose last request is on its way then.
        if (decided.Launch.Ports.Any(port => port.Name == LaunchSpec.GrpcPortName)) return new PodStop(Sleep(stop.WaitBefore + TimeSpan.FromSeconds(1)), stop.Grace + GatewayEnds);
        var drain = decided.Gateway.Settings.Drain;
        return new PodStop(
            new V1LifecycleHandler { HttpGet = new V1HTTPGetAction { Path = "/drain?wait=true", Port = GatewayContainer.AdminPort, Scheme = "HTTP" } },
            drain.Delay + drain.Deadline + GatewayEnds + stop.Unload);
    }

    private static V1LifecycleHandler Sleep(TimeSpan time) => new() { Exec = new V1ExecAction { Command = ["sleep", $"{Math.Ceiling(time.TotalSeconds)}"] } };
}
