namespace Nemotron.Planning.Health;

/// <summary>What an XID error asks for.</summary>
public enum XidAction
{
    /// <summary>Nothing.</summary>
    Ignore,

    /// <summary>The process on the GPU has failed, and is restarted; the GPU is well.</summary>
    RestartApp,

    /// <summary>The GPU is of no use until it is reset.</summary>
    ResetGpu,

    /// <summary>The GPU comes back with a reboot at best.</summary>
    ReplaceNode,
}

/// <summary>An XID error code.</summary>
/// <param name="Code">The code, 1 to 1000.</param>
/// <param name="Name">What it means, in a few words.</param>
/// <param name="Action">What it asks for.</param>
public sealed record Xid(int Code, string Name, XidAction Action);

/// <summary>The XID error codes that are known, with what each asks for. Immutable.</summary>
public sealed class XidCatalogue
{
    private static readonly Lazy<XidCatalogue> Embedded = new(() =>
    {
        var (file, text) = EmbeddedDocuments.Under("health/xid.yaml").Single();
        return Parse(file, text);
    });

    private readonly Dictionary<int, Xid> _codes;

    private XidCatalogue(IEnumerable<Xid> codes) => _codes = codes.ToDictionary(xid => xid.Code);

    /// <summary>The codes that the assembly carries (config/gpus/health/xid.yaml, where the source is cited).</summary>
    public static XidCatalogue Default => Embedded.Value;

    /// <summary>All codes, in order.</summary>
    public IReadOnlyList<Xid> Codes => [.. _codes.Values.OrderBy(xid => xid.Code)];

    /// <summary>A code; one that is not listed is called unknown, and asks for nothing.</summary>
    public Xid Find(int code) => _codes.TryGetValue(code, out var known) ? known : new Xid(code, "Unknown to the catalogue", XidAction.Ignore);

    /// <summary>Reads a catalogue.</summary>
    /// <param name="file">What errors call the document.</param>
    /// <param name="text">The document.</param>
    /// <exception cref="CatalogueException">The text is no YAML, or has a wrong key or value.</exception>
    public static XidCatalogue Parse(string file, string text)
    {
        var root = DocumentNode.Parse(file, text);
        var codes = new List<Xid>();
        var entries = root.Required("codes");
        foreach (var key in entries.Keys)
        {
            var node = entries.Required(key);
            if (!int.TryParse(key, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var code) || code is < 1 or > 1000)
                throw entries.Error(key, "is no XID: those are numbers from 1 to 1000");
            codes.Add(new Xid(code, node.Required("name").Text(), node.Required("action").Enum<XidAction>()));
            node.Finish();
        }

        root.Finish();
        return new XidCatalogue(codes);
    }
}
