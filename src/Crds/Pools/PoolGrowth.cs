namespace Nemotron.Crds;

/// <summary>Which pools grow.</summary>
public static class PoolGrowth
{
    /// <summary>Whether a pool's provisioner makes nodes for replicas that wait.</summary>
    /// <param name="pool">The pool.</param>
    public static bool Grows(this GpuNodePool pool) => pool.Spec.Provisioner?.Type is ProvisionerType.Karpenter or ProvisionerType.Scale;
}
