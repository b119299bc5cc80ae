using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nemotron.Engines.Launch;

/// <summary>A checkpoint on Hugging Face that is kept on the nodes' own disks, and how it gets there.</summary>
/// <param name="Repository">Owner and name, such as <c>nvidia/Llama-3_3-Nemotron-Super-49B-v1</c>.</param>
/// <param name="Revision">Branch, tag or commit; null for the default branch.</param>
public sealed record CachedWeights(string Repository, string? Revision)
{
    /// <summary>Where the cache of the node is mounted in containers.</summary>
    public const string MountPath = "/var/cache/nemotron";

    /// <summary>The name of the script that fills it, within <see cref="LaunchSpec.ConfigFolder"/>.</summary>
    public const string ScriptFile = "weights.py";

    // Nothing may look like a tag that moves when none was named.
    private const string DefaultBranch = "default";

    private const int KeyDigits = 16;

    /// <summary>The script.</summary>
    public static string Script => EmbeddedScript.Read(ScriptFile);

    /// <summary>The checkpoint's folder below the cache: <c>REVISION/OWNER/NAME</c>. The last part is the name by which engines know the model.</summary>
    public string Folder => $"{(Revision ?? DefaultBranch).Replace('/', '-')}/{Repository}";

    /// <summary>The folder in the container.</summary>
    public string Path => $"{MountPath}/{Folder}";

    /// <summary>The directory of the node that is the cache; null while no node is chosen.</summary>
    public string? HostPath { get; init; }

    /// <summary>Hexadecimal digits that name the checkpoint in that directory where a label must: under another path, a node that held it holds nothing.</summary>
    public string Key => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{HostPath}\0{Folder}")))[..KeyDigits];

    /// <summary>What a container runs that has the cache mounted to be written, and ends once the checkpoint is there.</summary>
    /// <param name="bytes">What the checkpoint takes, in bytes.</param>
    /// <param name="keep">Folders that stay though the disk is too full; null lets all stay.</param>
    public IReadOnlyList<string> Command(long bytes, IEnumerable<string>? keep = null)
    {
        List<string> words = ["python3", $"{LaunchSpec.ConfigFolder}/{ScriptFile}", Repository];
        if (Revision is not null) words.AddRange(["--revision", Revision]);
        words.AddRange(["--cache", MountPath, "--as", Folder, "--bytes", bytes.ToString(CultureInfo.InvariantCulture)]);
        foreach (var folder in (keep ?? []).Where(folder => folder != Folder).Append(Folder).Where(_ => keep is not null)) words.AddRange(["--keep", folder]);
        return words;
    }
}
