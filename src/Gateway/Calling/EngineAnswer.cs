namespace Nemotron.Gateway.Calling;

/// <summary>An answer of the engine's whose head has come, in the form of OpenAI's API, whatever the engine speaks. Its disposal ends the engine's work on it.</summary>
internal abstract class EngineAnswer : IDisposable
{
    /// <summary>Status and header fields, until the disposal.</summary>
    public abstract AnswerHead Head { get; }

    /// <summary>Something of the body came with the head.</summary>
    public abstract bool HasBegun { get; }

    /// <summary>All of the body has been read.</summary>
    public abstract bool HasEnded { get; }

    /// <summary>The next bytes of the body, as many as there are.</summary>
    /// <returns>Bytes that are good until the next read; none at the body's end.</returns>
    /// <exception cref="HttpRequestException">The engine broke off, or its body is badly framed.</exception>
    /// <exception cref="OperationCanceledException">The call was cut.</exception>
    public abstract ValueTask<ReadOnlyMemory<byte>> ReadAsync();

    /// <inheritdoc/>
    public abstract void Dispose();
}
