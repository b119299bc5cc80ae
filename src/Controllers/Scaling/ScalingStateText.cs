using System.Text.Json;
using System.Text.Json.Serialization;
using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>The autoscaler's state as the text that a status keeps.</summary>
internal static class ScalingStateText
{
    /// <summary>Writes.</summary>
    public static string Write(ScalingState state) => JsonSerializer.Serialize(state, ScalingJson.Default.ScalingState);

    /// <summary>Reads; a text of another version, or none, is no state.</summary>
    public static ScalingState Read(string? text)
    {
        if (string.IsNullOrEmpty(text)) return ScalingState.Empty;
        try
        {
            return JsonSerializer.Deserialize(text, ScalingJson.Default.ScalingState) ?? ScalingState.Empty;
        }
        catch (JsonException)
        {
            return ScalingState.Empty;
        }
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ScalingState))]
internal sealed partial class ScalingJson : JsonSerializerContext;
