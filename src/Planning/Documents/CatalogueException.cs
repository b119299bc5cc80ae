namespace Nemotron.Planning;

/// <summary>A catalogue file or model configuration that cannot be used. The message names file, path and reason.</summary>
public sealed class CatalogueException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="file">The file, or whatever the text was read from.</param>
    /// <param name="path">The key path inside it; empty for the whole document.</param>
    /// <param name="reason">What is wrong, and where possible what would be right.</param>
    /// <param name="inner">The parser's own error, if one caused this.</param>
    public CatalogueException(string file, string path, string reason, Exception? inner = null)
        : base(path.Length == 0 ? $"{file}: {reason}" : $"{file}: {path}: {reason}", inner)
    {
        File = file;
        Path = path;
        Reason = reason;
    }

    /// <summary>The file, or whatever the text was read from.</summary>
    public string File { get; }

    /// <summary>The key path inside the file.</summary>
    public string Path { get; }

    /// <summary>What is wrong.</summary>
    public string Reason { get; }
}
