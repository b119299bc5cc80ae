using Nemotron.Planning;

namespace Nemotron.Engines.Launch;

/// <summary>From a decided request to the container that serves it. Pure.</summary>
public static class EngineLaunch
{
    /// <summary>Builds the launch spec.</summary>
    /// <exception cref="LaunchRefusedException">The engine, or its version, cannot do what is asked.</exception>
    public static LaunchSpec Build(LaunchRequest request)
    {
        if (request.Engine is not (EngineKind.TrtLlmServe or EngineKind.Triton))
            throw LaunchRefusedException.Unsupported("engine.type", $"{request.Engine} can be planned for but not launched; use TrtLlmServe or Triton.");
        var release = EngineRelease.Of(request.Engine, request.Version, request.Image);
        LaunchRules.Check(request, release);
        OwnedOptions.Check(request);
        var spec = request.Engine == EngineKind.Triton ? TritonLaunch.Build(request, release) : TrtLlmServeLaunch.Build(request, release);
        if (request.Layout.Pods > 1) spec = GroupLaunch.Over(spec, request.Layout.Pods, request.Layout.GpusPerPod);
        return spec with { Notes = [.. release.Notes, .. LaunchNotes.Of(request, release)] };
    }
}
