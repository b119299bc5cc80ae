namespace Nemotron.Engines.Launch;

/// <summary>The engine cannot be started as asked; the message says what is wrong and what would be right.</summary>
public sealed class LaunchRefusedException : Exception
{
    private LaunchRefusedException(string field, string message, bool notSupported)
        : base(message)
    {
        Field = field;
        NotSupported = notSupported;
    }

    /// <summary>The path of the fault under the deployment's spec.</summary>
    public string Field { get; }

    /// <summary>Whether the engine does not support what is asked; otherwise what is asked makes no sense.</summary>
    public bool NotSupported { get; }

    /// <summary>A value that makes no sense.</summary>
    /// <param name="field">The path of the fault under the deployment's spec, such as <c>engine.extraConfig</c>.</param>
    /// <param name="message">A sentence a person can act on.</param>
    public static LaunchRefusedException Invalid(string field, string message) => new(field, message, notSupported: false);

    /// <summary>Something that the engine, in the version asked for, does not support.</summary>
    /// <param name="field">The path of the fault under the deployment's spec, such as <c>engine.toolParser</c>.</param>
    /// <param name="message">A sentence a person can act on.</param>
    public static LaunchRefusedException Unsupported(string field, string message) => new(field, message, notSupported: true);
}
