using System.Text;

namespace Nemotron.Kube;

/// <summary>A path with query parameters, escaped.</summary>
internal sealed class QueryText(string path)
{
    private readonly StringBuilder text = new(path);
    private bool any;

    internal QueryText Add(string name, string value)
    {
        text.Append(any ? '&' : '?').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        any = true;
        return this;
    }

    internal QueryText Selectors(string? labels, string? fields)
    {
        if (labels is not null)
        {
            Add("labelSelector", labels);
        }

        return fields is null ? this : Add("fieldSelector", fields);
    }

    public override string ToString() => text.ToString();
}
