using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Planning;

/// <summary>Builds a YAML mapping of the values that differ from their defaults.</summary>
internal sealed class GatewaySettingsWriter
{
    private readonly YamlMappingNode _node = [];

    public GatewaySettingsWriter Text(string key, string value)
    {
        // On and Off are booleans to readers of YAML 1.1, so all texts are quoted.
        _node.Children[new YamlScalarNode(key)] = new YamlScalarNode(value) { Style = ScalarStyle.DoubleQuoted };
        return this;
    }

    public GatewaySettingsWriter Unless<T>(string key, T value, T except)
    {
        if (value is null || EqualityComparer<T>.Default.Equals(value, except)) return this;
        switch (value)
        {
            case TimeSpan time: return Text(key, DocumentDuration.Format(time));
            case IFormattable number and (int or long or double):
                _node.Children[new YamlScalarNode(key)] = new YamlScalarNode(number.ToString(null, CultureInfo.InvariantCulture));
                return this;
            default: return Text(key, value.ToString()!);
        }
    }

    public GatewaySettingsWriter Texts(string key, IReadOnlyList<string> values)
    {
        if (values.Count > 0) _node.Children[new YamlScalarNode(key)] = new YamlSequenceNode(values.Select(value => new YamlScalarNode(value) { Style = ScalarStyle.DoubleQuoted }));
        return this;
    }

    public GatewaySettingsWriter Section(string key, GatewaySettingsWriter section)
    {
        if (section._node.Children.Count > 0) _node.Children[new YamlScalarNode(key)] = section._node;
        return this;
    }

    public string ToYaml()
    {
        using var text = new StringWriter { NewLine = "\n" };
        new YamlStream(new YamlDocument(_node)).Save(text, assignAnchors: false);
        // The emitter closes the document with "...", which nothing needs.
        return text.ToString().Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n...\n", "\n", StringComparison.Ordinal);
    }
}
