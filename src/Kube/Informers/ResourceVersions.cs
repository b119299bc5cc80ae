namespace Nemotron.Kube;

/// <summary>
/// Order of resource versions. The API server's are decimal numbers without leading zeros and may be compared among objects of one resource
/// (KEP-5504); anything else is not comparable and every caller must have an answer for that.
/// </summary>
internal static class ResourceVersions
{
    /// <summary>Whether <paramref name="left"/> is as new as <paramref name="right"/> or newer; null when that cannot be said.</summary>
    internal static bool? AtLeast(string? left, string? right)
    {
        if (!IsNumber(left) || !IsNumber(right))
        {
            return null;
        }

        return left!.Length != right!.Length ? left.Length > right.Length : string.CompareOrdinal(left, right) >= 0;
    }

    /// <summary>Whether <paramref name="left"/> is certainly older than <paramref name="right"/>.</summary>
    internal static bool CertainlyOlder(string? left, string? right) => AtLeast(left, right) == false;

    private static bool IsNumber(string? version)
    {
        if (string.IsNullOrEmpty(version) || version[0] == '0')
        {
            return false;
        }

        foreach (var c in version)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }
        }

        return true;
    }
}
