using System.Globalization;

namespace Nemotron.Lab.Schema;

/// <summary>Paths as field errors print them: <c>spec.items[1].key</c>, map values in brackets. The empty path is the object itself.</summary>
internal static class FieldPath
{
    /// <summary>A named field below <paramref name="path"/>.</summary>
    public static string Child(string path, string name) => path.Length == 0 ? name : path + "." + name;

    /// <summary>A list item below <paramref name="path"/>.</summary>
    public static string Index(string path, int index) => path + "[" + index.ToString(CultureInfo.InvariantCulture) + "]";

    /// <summary>A map entry below <paramref name="path"/>.</summary>
    public static string Key(string path, string key) => path + "[" + key + "]";
}
