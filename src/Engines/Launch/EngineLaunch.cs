using Nemotron.Planning;

namespace Nemotron.Engines.Launch;

/// <summary>From a decided request to the container that serves it. Pure.</summary>
public static class EngineLaunch
{
    /// <summary>Builds the launch spec.</summary>
    /// <exception cref="LaunchRefusedException">The engine cannot do what is asked.</exception>
    public static LaunchSpec Build(LaunchRequest request) => request.Engine switch
    {
        EngineKind.TrtLlmServe => TrtLlmServeLaunch.Build(request),
        EngineKind.Triton => TritonLaunch.Build(request),
        _ => throw new LaunchRefusedException("engine.type", $"{request.Engine} can be planned for but not launched; use TrtLlmServe or Triton."),
    };
}
