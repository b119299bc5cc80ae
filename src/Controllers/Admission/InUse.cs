using k8s;
using k8s.Models;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>Warns whoever deletes what others use.</summary>
internal static class InUse
{
    private const int MostNamed = 5;

    /// <param name="used">What is deleted.</param>
    /// <param name="users">Who uses it.</param>
    /// <param name="consequence">What that means for them.</param>
    /// <returns>A sentence, or null when nobody does.</returns>
    public static string? Warning(IKubernetesObject<V1ObjectMeta> used, IEnumerable<NemotronDeployment> users, string consequence)
    {
        var names = users.Select(user => NamespacedName.Of(user).ToString()).Order(StringComparer.Ordinal).ToList();
        if (names.Count == 0) return null;
        var named = string.Join(", ", names.Take(MostNamed)) + (names.Count > MostNamed ? $" and {names.Count - MostNamed} others" : "");
        return $"{used.Kind} {used.Metadata.Name} is in use by {named}: {consequence}.";
    }
}
