namespace Nemotron.Kube;

/// <summary>Label selectors as text, as far as this process must understand them itself.</summary>
internal static class LabelSelectorText
{
    /// <summary>
    /// Whether a selector of equalities (<c>a=b,c==d</c>) selects these labels. Null selects everything. False also when the selector says anything else: then only
    /// the API server can tell.
    /// </summary>
    internal static bool Selects(string? selector, IDictionary<string, string>? labels)
    {
        foreach (var term in selector?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            var equals = term.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || term[equals - 1] == '!' || term.Contains('(', StringComparison.Ordinal))
            {
                return false;
            }

            var value = term[(equals + 1)..].TrimStart('=').Trim();
            if (labels is null || !labels.TryGetValue(term[..equals].Trim(), out var has) || has != value)
            {
                return false;
            }
        }

        return true;
    }
}
