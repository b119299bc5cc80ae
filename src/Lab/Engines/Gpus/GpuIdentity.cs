using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nemotron.Lab.Engines;

/// <summary>A simulated GPU: which one of which node.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Index">Its number on the node.</param>
internal readonly record struct GpuIdentity(string Node, int Index)
{
    /// <summary>Its UUID as the driver gives it; the same for the same node and number.</summary>
    public string Uuid => "GPU-" + new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{Node}/{Index}")).AsSpan(0, 16), bigEndian: true).ToString("D");

    /// <summary>Its place on the PCI bus, as DCGM writes it.</summary>
    public string PciBusId => string.Create(CultureInfo.InvariantCulture, $"00000000:{(Index * 0x11) + 0x18:X2}:00.0");
}
