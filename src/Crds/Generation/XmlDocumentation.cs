using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Nemotron.Crds.Generation;

/// <summary>The summaries of a C# documentation file, as plain text on one line.</summary>
internal sealed partial class XmlDocumentation
{
    private readonly Dictionary<string, string> summaries = [];

    /// <summary>Reads the documentation.</summary>
    /// <param name="document">The content of the file that the compiler writes beside the assembly.</param>
    internal XmlDocumentation(XDocument document)
    {
        foreach (var member in document.Descendants("member"))
        {
            var summary = member.Element("summary");
            if (member.Attribute("name")?.Value is { } name && summary is not null)
                summaries[name] = Whitespace().Replace(Text(summary), " ").Trim();
        }
    }

    /// <summary>Reads the file beside an assembly.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <exception cref="FileNotFoundException">The project was built without its documentation file.</exception>
    internal static XmlDocumentation Beside(Assembly assembly) =>
        new(XDocument.Load(Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml")));

    /// <summary>The summary of a type, or null.</summary>
    internal string? Of(Type type) => summaries.GetValueOrDefault("T:" + Name(type));

    /// <summary>The summary of a property, or null.</summary>
    internal string? Of(PropertyInfo property) =>
        property.DeclaringType is { } type ? summaries.GetValueOrDefault($"P:{Name(type)}.{property.Name}") : null;

    /// <summary>The summary of a constant or field, or null.</summary>
    internal string? Of(FieldInfo field) => field.DeclaringType is { } type ? summaries.GetValueOrDefault($"F:{Name(type)}.{field.Name}") : null;

    private static string Name(Type type) =>
        ((type.IsGenericType ? type.GetGenericTypeDefinition().FullName : type.FullName) ?? type.Name).Replace('+', '.');

    private static string Text(XElement element) => string.Concat(element.Nodes().Select(node => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "paramref" or "typeparamref" } reference when reference.IsEmpty => Reference(reference),
        XElement child => Text(child),
        _ => string.Empty,
    }));

    private static string Reference(XElement element)
    {
        var target = (element.Attribute("cref") ?? element.Attribute("langword") ?? element.Attribute("name"))?.Value ?? string.Empty;
        return target[(target.LastIndexOfAny(['.', ':']) + 1)..];
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
