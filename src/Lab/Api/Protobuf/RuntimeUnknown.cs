using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Protobuf;

/// <summary>
/// The protobuf envelope that typed Go clients send, with the few kinds kubectl writes that way. The field numbers are those
/// of the published <c>.proto</c> files of the Kubernetes API.
/// </summary>
internal static class RuntimeUnknown
{
    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <summary>The object as JSON, or null when it is no envelope or of a kind not known here.</summary>
    public static JsonObject? Decode(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith(Magic)) return null;
        JsonObject envelope;
        try
        {
            envelope = ProtoMessage.Decode(body[Magic.Length..], ProtoKinds.Unknown);
            var type = envelope["typeMeta"] as JsonObject ?? [];
            string apiVersion = type["apiVersion"].Text() ?? "";
            string kind = type["kind"].Text() ?? "";
            if (!ProtoKinds.Known.TryGetValue((apiVersion, kind), out var message)) return null;
            byte[] raw = Convert.FromBase64String(envelope["raw"].Text() ?? "");
            var obj = ProtoMessage.Decode(raw, message);
            obj["apiVersion"] = apiVersion;
            obj["kind"] = kind;
            return obj;
        }
        catch (FormatException)
        {
            throw ApiErrors.BadRequest("the object provided is unrecognized: the protobuf body is malformed");
        }
    }
}
