using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Nemotron.Cli;

/// <summary>The forms of <c>-o</c>.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>For programs.</summary>
    Json,

    /// <summary>For programs and people.</summary>
    Yaml,
}

/// <summary>Writes a value in the machine-readable forms, both with the same field names.</summary>
internal static class Structured
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(TextWriter to, OutputFormat format, object value)
    {
        if (format == OutputFormat.Json) to.WriteLine(JsonSerializer.Serialize(value, value.GetType(), Json));
        else to.Write(Yaml().Serialize(value));
    }

    private static ISerializer Yaml() => new SerializerBuilder()
        .WithNamingConvention(CamelCaseNamingConvention.Instance)
        .DisableAliases()
        .Build();
}
