using System.Text.Json;

namespace Nemotron.Kube;

/// <summary>
/// Models as the JSON that the API server speaks, by the contracts given to <see cref="IOperatorBuilder.AddJsonContracts"/>. (The client's <c>KubernetesJson</c> writes the same,
/// but its first use loads each of its thousand types.)
/// </summary>
public static class ModelJson
{
    /// <summary>The JSON of a model; null members are left out.</summary>
    /// <typeparam name="T">The model's type.</typeparam>
    /// <param name="model">The model.</param>
    public static string Serialize<T>(T model) => JsonSerializer.Serialize(model, KubeJson.TypeInfo<T>(KubeJson.Writing));
}
