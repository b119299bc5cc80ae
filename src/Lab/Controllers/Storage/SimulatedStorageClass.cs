using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.Storage;

/// <summary>The storage class of a Lab cluster, which claims get that name none, as small clusters come with one.</summary>
internal static class SimulatedStorageClass
{
    /// <summary>Its name.</summary>
    public const string ClassName = "standard";

    /// <summary>Creates it unless it is there.</summary>
    public static void Ensure(IApi api)
    {
        if (api.Get(BuiltIn.StorageClasses, null, ClassName) is not null) return;
        api.Create(BuiltIn.StorageClasses, null, new JsonObject
        {
            ["apiVersion"] = "storage.k8s.io/v1",
            ["kind"] = "StorageClass",
            ["metadata"] = new JsonObject
            {
                ["name"] = ClassName,
                ["annotations"] = new JsonObject { ["storageclass.kubernetes.io/is-default-class"] = "true" },
            },
            ["provisioner"] = "lab.nemotron.dev/simulated",
            ["reclaimPolicy"] = "Delete",
            ["volumeBindingMode"] = "Immediate",
        }, "nemotron-lab");
    }
}
