namespace Nemotron.Controllers.Views;

/// <summary>The extended resource under which the NVIDIA device plugin offers whole GPUs.</summary>
internal static class GpuResource
{
    public const string Name = "nvidia.com/gpu";
}
