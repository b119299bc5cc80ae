namespace Nemotron.Engines.Bench;

/// <summary>What the polled engines are.</summary>
internal enum Scenario
{
    /// <summary>Nothing is polled: what an empty process of this kind takes.</summary>
    Idle,

    /// <summary>trtllm-serve over HTTP.</summary>
    TrtLlmHttp,

    /// <summary>trtllm-serve --grpc.</summary>
    TrtLlmGrpc,

    /// <summary>Triton over gRPC: two calls a poll.</summary>
    Triton,

    /// <summary>trtllm-serve over HTTP, and its metrics read and normalised every 15 s.</summary>
    TrtLlmHttpWithLoad,

    /// <summary>Every engine refuses: a fleet that loads, or is dead.</summary>
    Refused,
}
