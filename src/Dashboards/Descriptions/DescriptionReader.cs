using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Nemotron.Dashboards.Descriptions;

/// <summary>Reads descriptions, and refuses what would make a dashboard that nobody can read.</summary>
public static class DescriptionReader
{
    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithEnforceRequiredMembers().Build();

    /// <summary>All descriptions of a folder, by file name.</summary>
    /// <exception cref="DescriptionException">One cannot be used.</exception>
    public static IReadOnlyList<DashboardDescription> ReadAll(string folder) =>
        [.. Directory.GetFiles(folder, "*.yaml").Order(StringComparer.Ordinal).Select(file => Read(Path.GetFileName(file), File.ReadAllText(file)))];

    /// <summary>One description.</summary>
    /// <exception cref="DescriptionException">It cannot be used.</exception>
    public static DashboardDescription Read(string name, string text)
    {
        DashboardDescription dashboard;
        try
        {
            dashboard = Yaml.Deserialize<DashboardDescription>(text);
        }
        catch (YamlException e)
        {
            throw new DescriptionException($"{name}, line {e.Start.Line}: {e.InnerException?.Message ?? e.Message}");
        }

        Check(dashboard, name);
        return dashboard;
    }

    private static void Check(DashboardDescription dashboard, string name)
    {
        Need(dashboard.Uid, "uid");
        Need(dashboard.Title, "title");
        Need(dashboard.Description, "description");
        foreach (var panel in dashboard.Rows.SelectMany(row => row.Panels))
        {
            var at = $"panel \"{panel.Title}\"";
            Need(panel.Title, "a panel's title");
            Need(panel.Description, $"{at}: description");
            if (panel.Width is < 1 or > 24) throw new DescriptionException($"{name}, {at}: width is {panel.Width}; it must be 1 to 24.");
            if (panel.Queries.Count == 0) throw new DescriptionException($"{name}, {at}: it asks nothing; add queries.");
            if (panel.Type == PanelType.Table && panel.Columns.Count == 0) throw new DescriptionException($"{name}, {at}: a table needs columns.");
        }

        void Need(string text, string what)
        {
            if (text.Length == 0) throw new DescriptionException($"{name}: {what} is missing.");
        }
    }
}

/// <summary>A description that cannot be used.</summary>
public sealed class DescriptionException : Exception
{
    /// <summary>One that says where and why.</summary>
    public DescriptionException(string message) : base(message)
    {
    }
}
