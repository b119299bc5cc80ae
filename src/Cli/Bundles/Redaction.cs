using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Nemotron.Cli.Bundles;

/// <summary>Takes out of objects and logs what may be a secret. Rather too much than too little: a bundle is mailed to others. Pure.</summary>
internal static partial class Redaction
{
    /// <summary>What stands in place of a secret.</summary>
    public const string Mark = "REDACTED";

    private static readonly string[] Noise = ["managedFields"];

    // kubectl apply keeps the whole object in this annotation, secrets and all.
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>A copy of an object without what may be secret: values of environment variables (their names stay), of other pairs whose name looks like a token's, command-line arguments of that kind, the object as it was applied.</summary>
    public static JsonObject Of(JsonObject obj)
    {
        var copy = (JsonObject)obj.DeepClone();
        if (copy["metadata"] is JsonObject metadata)
        {
            foreach (var field in Noise) metadata.Remove(field);
            if (metadata["annotations"] is JsonObject annotations && annotations.ContainsKey(LastApplied)) annotations[LastApplied] = Mark;
        }

        Clean(copy);
        return copy;
    }

    /// <summary>A text, line by line, without what looks like a token.</summary>
    public static string Of(string text)
    {
        var kept = Assigned().Replace(text, match => $"{match.Groups["name"].Value}{match.Groups["between"].Value}{Mark}");
        kept = Bearer().Replace(kept, match => $"{match.Groups[1].Value}{Mark}");
        kept = InUrl().Replace(kept, match => $"{match.Groups[1].Value}{Mark}@");
        return Token().Replace(kept, Mark);
    }

    private static void Clean(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject obj:
                if (obj["name"] is JsonValue named && obj["value"] is JsonValue && named.TryGetValue<string>(out var name) && SecretName().IsMatch(name)) obj["value"] = Mark;
                foreach (var variable in (obj["env"] as JsonArray ?? []).OfType<JsonObject>().Where(variable => variable.ContainsKey("value"))) variable["value"] = Mark;
                foreach (var (key, child) in obj.ToList())
                {
                    if (child is JsonValue value && value.TryGetValue<string>(out var text)) obj[key] = SecretName().IsMatch(key) && !IsReference(key) ? Mark : Of(text);
                    else Clean(child);
                }

                break;
            case JsonArray array:
                for (var i = 0; i < array.Count; i++)
                {
                    if (array[i] is not JsonValue value || !value.TryGetValue<string>(out var text))
                    {
                        Clean(array[i]);
                        continue;
                    }

                    // --api-key VALUE as two arguments.
                    var afterSecret = i > 0 && array[i - 1] is JsonValue former && former.TryGetValue<string>(out var option) && option.StartsWith('-') && !option.Contains('=', StringComparison.Ordinal) && SecretName().IsMatch(option) && !IsReference(option);
                    array[i] = afterSecret ? Mark : Of(text);
                }

                break;
        }
    }

    // Names of Secrets and paths of files with them are no secrets, and are what one looks for.
    private static bool IsReference(string name) => Reference().IsMatch(name);

    [GeneratedRegex("(?i)(token|secret|passw|api[-_]?key|credential|private[-_]?key|authorization|access[-_]?key)")]
    private static partial Regex SecretName();

    [GeneratedRegex("(?i)(name|ref|file|path|mount|volume)$|(?i)^(automount|max|min|num|prompt|output|context|budget).*|(?i)(tokens|tokenizer)")]
    private static partial Regex Reference();

    // name=value, name: value, "name":"value" of a name that says so; numbers of tokens and paths of files are none.
    [GeneratedRegex("""(?i)(?<name>[-\w]*(?:token|secret|passw(?:or)?d|api[-_]?key|credential|private[-_]?key|authorization|access[-_]?key))(?<between>"?\s*[=:]\s*"?(?:bearer\s+|basic\s+)?)(?<value>[^\s",;&}]+)""")]
    private static partial Regex Assigned();

    [GeneratedRegex(@"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}")]
    private static partial Regex Bearer();

    [GeneratedRegex(@"(\w+://)[^/\s:@]*:[^/\s@]+@")]
    private static partial Regex InUrl();

    // Hugging Face, NGC and OpenAI keys, GitHub's, JWTs, PEM keys.
    [GeneratedRegex(@"\bhf_[A-Za-z0-9]{8,}|\bnvapi-[A-Za-z0-9_-]{8,}|\bsk-[A-Za-z0-9_-]{8,}|\bgh[pousr]_[A-Za-z0-9]{16,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)")]
    private static partial Regex Token();
}
