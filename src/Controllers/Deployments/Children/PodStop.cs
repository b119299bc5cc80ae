using k8s.Models;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>How a pod that serves is stopped.</summary>
/// <param name="EngineHook">What runs before the engine gets SIGTERM.</param>
/// <param name="Grace">What Kubernetes is to wait before it kills.</param>
internal sealed record PodStop(V1LifecycleHandler EngineHook, TimeSpan Grace)
{
    /// <summary>From the last request's end, or its being cut, to the end of the gateway's process.</summary>
    public static readonly TimeSpan GatewayEnds = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Without a gateway the engine waits until Endpoints have left every node's tables, and drains itself. With one, both get the word at the same time: the
    /// gateway SIGTERM – it is not ready from then on, takes new requests for as long as Endpoints need, refuses them then, and ends when nothing is in
    /// flight or the drain's deadline is over –, and the engine its hook, a GET that the gateway answers when it has drained. SIGTERM comes to the engine after that,
    /// with nothing left to do for it but what gRPC clients asked past the gateway. Where the gateway is dead already the hook fails at once, and there is nothing to wait for.
    /// </summary>
    public static PodStop Of(DecidedDeployment decided)
    {
        var stop = decided.Launch.Stop;
        if (decided.Gateway is null) return new PodStop(Sleep(stop.WaitBefore), stop.Grace);
        var drain = decided.Gateway.Settings.Drain;
        // gRPC clients go past the gateway: what they have in flight the engine finishes itself, after its SIGTERM.
        var drainsItself = decided.Launch.Ports.Any(port => port.Name == LaunchSpec.GrpcPortName) ? stop.DrainAfter : TimeSpan.Zero;
        return new PodStop(
            new V1LifecycleHandler { HttpGet = new V1HTTPGetAction { Path = "/drain?wait=true", Port = GatewayContainer.AdminPort, Scheme = "HTTP" } },
            drain.Delay + drain.Deadline + GatewayEnds + drainsItself + stop.Unload);
    }

    private static V1LifecycleHandler Sleep(TimeSpan time) => new() { Exec = new V1ExecAction { Command = ["sleep", $"{Math.Ceiling(time.TotalSeconds)}"] } };
}
