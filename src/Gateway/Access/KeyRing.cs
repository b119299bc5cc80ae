using System.Security.Cryptography;
using System.Text;
using Nemotron.Planning;

namespace Nemotron.Gateway.Access;

/// <summary>A set of keys of which a caller must show one. Kept and compared as hashes of one length, in a time that does not tell how near a guess is.</summary>
internal sealed class KeyRing
{
    private const string Scheme = "Bearer ";

    private readonly byte[][] _hashes;

    private KeyRing(byte[][] hashes)
    {
        _hashes = hashes;
    }

    /// <summary>Reads a file of keys (<see cref="ApiKeyLines"/>).</summary>
    /// <exception cref="CatalogueException">It has no key: an empty file is rather a mistake than a door for nobody.</exception>
    public static KeyRing Parse(string file, byte[] content)
    {
        var keys = ApiKeyLines.Read(Encoding.UTF8.GetString(content)).Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key))).ToArray();
        return keys.Length > 0 ? new KeyRing(keys) : throw new CatalogueException(file, "", "has no key; one a line is expected");
    }

    /// <summary>Whether a request's <c>Authorization</c> shows one of the keys.</summary>
    public bool Opens(string? authorization)
    {
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;
        var shown = SHA256.HashData(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim()));
        var opens = false;
        foreach (var hash in _hashes) opens |= CryptographicOperations.FixedTimeEquals(hash, shown);
        return opens;
    }
}
