namespace Nemotron.Gateway;

/// <summary>A request that the gateway refuses, so that the engine is not bothered. The message is for the client; it never repeats what the prompt says.</summary>
/// <param name="message">What is wrong and what would be right.</param>
/// <param name="param">The field at fault, as OpenAI's error shape names it; null for the whole body.</param>
/// <param name="code">A stable word for programs.</param>
internal sealed class BadRequestException(string message, string? param, string code) : Exception(message)
{
    /// <summary>The field at fault.</summary>
    public string? Param { get; } = param;

    /// <summary>A stable word for programs.</summary>
    public string Code { get; } = code;

    /// <summary>A text, key or role of the body has half a character.</summary>
    public static BadRequestException HalfCharacter() => new("The body has an escape of half a character (a lone surrogate).", null, "invalid_json");
}
