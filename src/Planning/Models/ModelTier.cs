namespace Nemotron.Planning;

/// <summary>The three Llama-Nemotron sizes, as a deployment's <c>model</c> field takes them. Each is also a catalogue name.</summary>
public enum ModelTier
{
    /// <summary>Llama-3.1-Nemotron-Nano-8B.</summary>
    Nano,

    /// <summary>Llama-3.3-Nemotron-Super-49B.</summary>
    Super,

    /// <summary>Llama-3.1-Nemotron-Ultra-253B.</summary>
    Ultra,
}
