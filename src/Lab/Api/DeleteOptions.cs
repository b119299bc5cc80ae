using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>How to delete.</summary>
internal sealed record DeleteOptions
{
    /// <summary><c>Background</c>, <c>Foreground</c>, <c>Orphan</c>, or null for the kind's default.</summary>
    public string? Propagation { get; init; }

    /// <summary>Seconds a pod may take to stop; null takes its own.</summary>
    public long? GracePeriodSeconds { get; init; }

    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }

    public bool DryRun { get; init; }

    /// <summary>Reads a body, or null for none.</summary>
    /// <exception cref="ApiException">422 for an unknown propagation policy.</exception>
    public static DeleteOptions Read(JsonObject? body, string? propagation, long? grace, bool dryRun)
    {
        var options = new DeleteOptions
        {
            Propagation = body?["propagationPolicy"].Text() ?? propagation,
            GracePeriodSeconds = body?["gracePeriodSeconds"].Integer() ?? grace,
            Uid = body?["preconditions"]?["uid"].Text(),
            ResourceVersion = body?["preconditions"]?["resourceVersion"].Text(),
            DryRun = dryRun || body?["dryRun"] is JsonArray { Count: > 0 },
        };
        if (options.Propagation is null && body?["orphanDependents"] is JsonValue orphan && orphan.TryGetValue(out bool orphans))
            options = options with { Propagation = orphans ? "Orphan" : "Background" };
        if (options.Propagation is not (null or "Background" or "Foreground" or "Orphan"))
        {
            throw ApiErrors.InvalidOptions("DeleteOptions", new StatusCause("propagationPolicy", "FieldValueNotSupported",
                $"Unsupported value: \"{options.Propagation}\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""));
        }
        return options;
    }
}
