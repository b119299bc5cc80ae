using System.Text.RegularExpressions;

namespace Nemotron.Planning;

/// <summary>A value of the node label <c>nvidia.com/gpu.product</c>, taken apart.</summary>
/// <param name="Product">The product without the <c>NVIDIA-</c> prefix and without suffixes.</param>
/// <param name="MigProfile">The MIG profile, such as <c>1g.5gb</c>; null for a whole GPU.</param>
/// <param name="Shared">Whether the device plugin hands one GPU to several containers in turn.</param>
public sealed partial record GpuProductName(string Product, string? MigProfile, bool Shared)
{
    /// <summary>Takes a label value apart; drivers differ in the prefix, sharing and MIG add suffixes.</summary>
    /// <param name="label">The label value.</param>
    public static GpuProductName Parse(string label)
    {
        var match = Form().Match(label.Trim());
        return new GpuProductName(
            match.Groups["product"].Value,
            match.Groups["mig"] is { Success: true } mig ? mig.Value : null,
            match.Groups["shared"].Success);
    }

    [GeneratedRegex(@"^(NVIDIA[- ])?(?<product>.*?)(-MIG-(?<mig>.+?))?(?<shared>-SHARED)?$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
