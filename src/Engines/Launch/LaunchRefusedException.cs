namespace Nemotron.Engines.Launch;

/// <summary>Why an engine is not started.</summary>
public enum LaunchRefusal
{
    /// <summary>A value makes no sense, or is not the user's to set.</summary>
    Invalid,

    /// <summary>The engine, in the version asked for, does not support what is asked.</summary>
    NotSupported,

    /// <summary>The checkpoint needs its own code, which may not run.</summary>
    CodeNotTrusted,
}

/// <summary>The engine cannot be started as asked; the message says what is wrong and what would be right.</summary>
/// <param name="kind">Why, in a word.</param>
/// <param name="field">The path of the fault under the deployment's spec, such as <c>engine.extraConfig</c>.</param>
/// <param name="message">A sentence a person can act on.</param>
public sealed class LaunchRefusedException(LaunchRefusal kind, string field, string message) : Exception(message)
{
    /// <summary>Why, in a word.</summary>
    public LaunchRefusal Kind { get; } = kind;

    /// <summary>The path of the fault under the deployment's spec.</summary>
    public string Field { get; } = field;

    internal static LaunchRefusedException Invalid(string field, string message) => new(LaunchRefusal.Invalid, field, message);

    internal static LaunchRefusedException Unsupported(string field, string message) => new(LaunchRefusal.NotSupported, field, message);
}
