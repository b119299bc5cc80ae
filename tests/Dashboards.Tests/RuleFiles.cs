using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Nemotron.Dashboards.Tests;

/// <summary>The rule files, read.</summary>
internal static class RuleFiles
{
    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build();

    public static string Folder { get; } = Repository.PathOf("config", "prometheus");

    public static IReadOnlyList<string> Names { get; } = ["alerts.yaml", "engines.yaml", "recording.yaml"];

    public static IReadOnlyList<Rule> Rules { get; } = [.. Names.SelectMany(name => Yaml.Deserialize<RuleFile>(File.ReadAllText(Path.Combine(Folder, name))).Groups).SelectMany(group => group.Rules)];

    public static IEnumerable<Rule> Alerts => Rules.Where(rule => rule.Alert is not null);
}

internal sealed record RuleFile
{
    public IList<RuleGroup> Groups { get; init; } = [];
}

internal sealed record RuleGroup
{
    public string Name { get; init; } = "";

    public IList<Rule> Rules { get; init; } = [];
}

internal sealed record Rule
{
    public string? Alert { get; init; }

    public string? Record { get; init; }

    public string Expr { get; init; } = "";

    public string? For { get; init; }

    public IDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}
