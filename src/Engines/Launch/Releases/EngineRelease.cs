using Nemotron.Planning;

namespace Nemotron.Engines.Launch;

/// <summary>The release of an engine that is started, and what it can do.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Version">Its own version: TensorRT-LLM's, or Triton's year and month.</param>
/// <param name="TrtLlm">The version of TensorRT-LLM: the same, or the one inside Triton's image.</param>
/// <param name="Notes">What a person should know about how the version was found; mostly empty.</param>
public sealed record EngineRelease(EngineKind Engine, EngineVersion Version, EngineVersion TrtLlm, IReadOnlyList<string> Notes)
{
    /// <summary>The oldest TensorRT-LLM that is started: the first with options that its notes call stable, and with PyTorch as its way of running models.</summary>
    public static readonly EngineVersion OldestTrtLlm = new(1, 0);

    /// <summary>The newest line of TensorRT-LLM that something is known of (v1.3.0rc25 was the newest tag seen).</summary>
    public static readonly EngineVersion NewestTrtLlm = new(1, 3);

    /// <summary>Whether the release has a feature.</summary>
    public bool Has(TrtLlmFeature feature) => TrtLlm >= feature.Since;

    /// <summary>How its metrics are named: <c>trtllm-serve/1.2</c> or <c>triton</c>.</summary>
    public string MetricsDialect => Engine == EngineKind.Triton ? "triton" : $"trtllm-serve/{TrtLlm.Major}.{TrtLlm.Minor}";

    /// <summary>As its own project writes it.</summary>
    public string VersionText => Engine == EngineKind.Triton ? $"{Version.Major}.{Version.Minor:00}" : Version.ToString();

    /// <summary>
    /// Finds the release: by the version that is stated, else by the tag of the image, else the default. One newer than any that is known is taken for the newest.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="version">The version stated, or null.</param>
    /// <param name="image">The image stated, or null.</param>
    /// <exception cref="LaunchRefusedException">The version is none, or too old.</exception>
    public static EngineRelease Of(EngineKind engine, string? version, string? image)
    {
        var notes = new List<string>();
        var stated = version ?? ImageTag(image);
        EngineVersion asked;
        if (stated is null || EngineVersion.TryParse(stated) is not { } read)
        {
            if (version is not null)
                throw LaunchRefusedException.Invalid("engine.version", $"\"{version}\" is no version; write {(engine == EngineKind.Triton ? "Triton's year and month, such as 26.04" : "TensorRT-LLM's release, such as 1.2.1 or 1.3.0rc25")}.");
            asked = EngineVersion.Parse(EngineImages.DefaultVersion(engine));
            if (image is not null)
                notes.Add($"The tag of {image} does not say which version it holds: it is started as {EngineImages.DefaultVersion(engine)}. Set spec.engine.version if it is another.");
        }
        else
        {
            asked = read;
        }

        return engine == EngineKind.Triton ? Triton(asked, notes) : TrtLlmServe(asked, notes);
    }

    private static EngineRelease TrtLlmServe(EngineVersion asked, List<string> notes)
    {
        if (asked < OldestTrtLlm)
            throw LaunchRefusedException.Unsupported("engine.version", $"TensorRT-LLM {asked} is too old: before 1.0 its options were not kept stable, and it served TensorRT engines rather than checkpoints. Use 1.0 or newer; {EngineImages.DefaultTrtLlmVersion} is the default.");
        if ((asked.Major, asked.Minor).CompareTo((NewestTrtLlm.Major, NewestTrtLlm.Minor)) > 0)
            notes.Add($"TensorRT-LLM {asked} is newer than any that this operator knows: it is started as {NewestTrtLlm.Major}.{NewestTrtLlm.Minor}.");
        if (asked < TrtLlmFeature.PrometheusMetrics.Since)
            notes.Add($"TensorRT-LLM {asked} has no Prometheus metrics; they came with {TrtLlmFeature.PrometheusMetrics.Since}.");
        return new EngineRelease(EngineKind.TrtLlmServe, asked, asked, notes);
    }

    private static EngineRelease Triton(EngineVersion asked, List<string> notes)
    {
        if (asked.Major < 20)
            throw LaunchRefusedException.Invalid("engine.version", $"{asked.Major}.{asked.Minor} is no release of Triton: it counts by year and month, such as 26.04.");
        if (TritonReleases.TrtLlm(asked) is not { } inside)
            throw LaunchRefusedException.Unsupported("engine.version", $"Triton {asked.Major}.{asked.Minor:00} is too old: "
                + (asked < new EngineVersion(25, 5)
                    ? "before 25.05 requests fail while it shuts down, since gRPC is not drained. "
                    : "the TensorRT-LLM inside is a 0.x, whose options were not kept stable. ")
                + $"Use {TritonReleases.Oldest.Major}.{TritonReleases.Oldest.Minor:00} or newer; {EngineImages.DefaultTritonVersion} is the default.");
        if (asked > TritonReleases.Newest)
            notes.Add($"Triton {asked.Major}.{asked.Minor:00} is newer than any that this operator knows: it is started as {TritonReleases.Newest.Major}.{TritonReleases.Newest.Minor:00}.");
        if (asked < TritonReleases.SeesDeadModels)
            notes.Add($"Triton {asked.Major}.{asked.Minor:00} stays ready when the process that runs the model has died; {TritonReleases.SeesDeadModels.Major}.{TritonReleases.SeesDeadModels.Minor:00} and newer notice.");
        return new EngineRelease(EngineKind.Triton, asked, inside, notes);
    }

    // registry:5000/team/image:tag@sha256:…; a digest says nothing.
    private static string? ImageTag(string? image)
    {
        if (image is null) return null;
        var name = image.Split('@')[0];
        var tag = name.LastIndexOf(':');
        return tag > name.LastIndexOf('/') ? name[(tag + 1)..] : null;
    }
}
