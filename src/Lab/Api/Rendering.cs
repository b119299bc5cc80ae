using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nemotron.Lab.Api;

/// <summary>How JSON is written on the wire.</summary>
internal static class Rendering
{
    /// <summary>One line, nothing escaped beyond what JSON demands.</summary>
    public static readonly JsonSerializerOptions Compact = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 512,
    };
}
