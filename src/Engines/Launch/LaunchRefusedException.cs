namespace Nemotron.Engines.Launch;

/// <summary>The engine cannot be started as asked; the message says what is wrong and what would be right.</summary>
/// <param name="field">The path of the fault under the deployment's spec, such as <c>engine.extraConfig</c>.</param>
/// <param name="message">A sentence a person can act on.</param>
public sealed class LaunchRefusedException(string field, string message) : Exception(message)
{
    /// <summary>The path of the fault under the deployment's spec.</summary>
    public string Field { get; } = field;
}
