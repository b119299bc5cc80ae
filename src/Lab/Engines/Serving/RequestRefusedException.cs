namespace Nemotron.Lab.Engines;

/// <summary>A request that the engine does not take, with the HTTP status it is answered with.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">The engine's sentence.</param>
internal sealed class RequestRefusedException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;
}
