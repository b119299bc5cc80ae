namespace Nemotron.Gateway.Hosting;

/// <summary>
/// A mounted file whose content may change. It is read again each time it is asked about: the links by which Kubernetes swaps a volume's files
/// escape file system watchers, and these files are small.
/// </summary>
/// <param name="path">The file.</param>
internal sealed class WatchedFile(string path)
{
    private byte[]? _last;

    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>Reads the file.</summary>
    /// <param name="content">What it holds now.</param>
    /// <returns>Whether that is something else than at the last call.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public bool HasChanged(out byte[] content)
    {
        content = File.ReadAllBytes(Path);
        if (_last is not null && _last.AsSpan().SequenceEqual(content)) return false;
        _last = content;
        return true;
    }

    /// <summary>What was read could not be used, so that it is told as a change at the next call too.</summary>
    public void Forget() => _last = null;
}
