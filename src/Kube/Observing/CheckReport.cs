using System.Text;

namespace Nemotron.Kube;

/// <summary>The answer to a health request, as the API server and controller-runtime write it.</summary>
internal static class CheckReport
{
    /// <summary>
    /// <c>ok</c> alone when all is well; with <paramref name="verbose"/>, or when something is not, a line for each:
    /// <c>[+]ping ok</c>, <c>[-]cache-pods failed: …</c>.
    /// </summary>
    internal static (bool Healthy, string Text) Of(string endpoint, IEnumerable<IKubeCheck> checks, bool verbose, IReadOnlyCollection<string> excluded)
    {
        var text = new StringBuilder();
        var healthy = true;
        var unknown = new List<string>(excluded);
        foreach (var check in checks)
        {
            if (unknown.Remove(check.Name))
            {
                text.Append("[+]").Append(check.Name).Append(" excluded: ok\n");
            }
            else if (check.Check() is { } why)
            {
                healthy = false;
                text.Append("[-]").Append(check.Name).Append(" failed: ").Append(why).Append('\n');
            }
            else
            {
                text.Append("[+]").Append(check.Name).Append(" ok\n");
            }
        }

        if (unknown.Count > 0)
        {
            text.Append("warn: some health checks cannot be excluded: no matches for ").AppendJoin(",", unknown.Select(n => $"\"{n}\"")).Append('\n');
        }

        text.Append(endpoint).Append(healthy ? " check passed\n" : " check failed\n");
        return (healthy, healthy && !verbose ? "ok" : text.ToString());
    }
}
