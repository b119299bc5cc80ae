using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Nemotron.Cli.Bundles;

/// <summary>A gzipped tar that grows to a bound and no further; what did not fit is listed in it.</summary>
internal sealed class BundleFile : IDisposable
{
    /// <summary>Most bytes of one entry, before compression.</summary>
    public const int MostBytesOfOne = 4 * 1024 * 1024;

    /// <summary>Most bytes of all entries, before compression.</summary>
    public const long MostBytes = 64 * 1024 * 1024;

    private readonly FileStream _file;
    private readonly GZipStream _gzip;
    private readonly TarWriter _tar;
    private readonly DateTimeOffset _at;
    private long _bytes;

    public BundleFile(string path, DateTimeOffset at)
    {
        _at = at;
        _file = new FileStream(path, FileMode.Create, FileAccess.Write);
        _gzip = new GZipStream(_file, CompressionLevel.Optimal);
        _tar = new TarWriter(_gzip, TarEntryFormat.Pax);
    }

    /// <summary>Names of entries that were cut or left out, with the reason.</summary>
    public List<string> Incomplete { get; } = [];

    /// <summary>Entries written.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an entry. A text beyond the bound of one loses its beginning: the end of a log is what one looks for.</summary>
    public void Add(string name, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > MostBytesOfOne)
        {
            Incomplete.Add($"{name}: the last {MostBytesOfOne} of {bytes.Length} bytes");
            bytes = bytes[^MostBytesOfOne..];
        }

        if (_bytes + bytes.Length > MostBytes)
        {
            Incomplete.Add($"{name}: left out, since the bundle has its {MostBytes} bytes");
            return;
        }

        _bytes += bytes.Length;
        Count++;
        using var data = new MemoryStream(bytes);
        _tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"nemotron-support/{name}") { DataStream = data, ModificationTime = _at, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
    }

    public void Dispose()
    {
        _tar.Dispose();
        _gzip.Dispose();
        _file.Dispose();
    }
}
