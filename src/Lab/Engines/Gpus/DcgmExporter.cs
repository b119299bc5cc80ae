using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Nemotron.Lab.Controllers;
using Nemotron.Planning;

namespace Nemotron.Lab.Engines;

/// <summary>
/// The DCGM exporter of one node, port 9400: the families that it has by default, for every GPU, with the pod that has it. Memory in use is
/// flat while an engine serves. The XID gauge is the last code seen, not a count.
/// </summary>
/// <param name="first">The node as served when it came.</param>
/// <param name="processes">The engines on the node.</param>
/// <param name="time">The Lab's clock.</param>
internal sealed class DcgmExporter(JsonObject first, Func<IReadOnlyList<EngineProcess>> processes, TimeProvider time)
{
    /// <summary>The port that it listens on.</summary>
    public const int Port = 9400;

    private const string DriverVersion = "570.86.15";
    private const int UsualXid = 79;

    private readonly GpuType? gpu = EngineSizing.GpuOf(first);
    private volatile JsonObject node = first;
    private readonly DateTimeOffset booted = time.GetUtcNow();

    /// <summary>Takes the node as it is now: its annotation may ask for an XID.</summary>
    public void Observe(JsonObject now) => node = now;

    /// <summary>Answers a scrape.</summary>
    public Task AnswerAsync(HttpContext http)
    {
        http.Response.Headers.Server = "nemotron-lab (simulated DCGM exporter)";
        return JsonAnswer.ScrapeAsync(http, http.Request.Path == "/metrics" ? Render() : null, breakOff: false);
    }

    /// <summary>The text.</summary>
    public string Render()
    {
        var text = new Exposition(NumberStyle.Plain);
        if (gpu is null) return "";
        var count = (int)(ResourceQuantity.Milli(node.At("status", "capacity", "nvidia.com/gpu")) ?? 0) / 1000;
        var all = Enumerable.Range(0, count).Select(Read).ToList();
        var elapsed = (time.GetUtcNow() - booted).TotalSeconds;
        Family("DCGM_FI_DEV_SM_CLOCK", "gauge", "SM clock frequency (in MHz).", read => read.Busy ? 1980 : 345);
        Family("DCGM_FI_DEV_MEM_CLOCK", "gauge", "Memory clock frequency (in MHz).", _ => 2619);
        Family("DCGM_FI_DEV_MEMORY_TEMP", "gauge", "Memory temperature (in C).", read => read.Busy ? 62 : 40);
        Family("DCGM_FI_DEV_GPU_TEMP", "gauge", "GPU temperature (in C).", read => read.Busy ? 55 : 32);
        Family("DCGM_FI_DEV_POWER_USAGE", "gauge", "Power draw (in W).", read => read.Use.Watts);
        Family("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", "Total energy consumption since boot (in mJ).", read => Math.Round(read.Use.Watts * elapsed * 1000));
        Family("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "counter", "Total number of PCIe retries.", _ => 0);
        Family("DCGM_FI_DEV_GPU_UTIL", "gauge", "GPU utilization (in %).", read => Math.Round(read.Use.Utilization * 100));
        Family("DCGM_FI_DEV_MEM_COPY_UTIL", "gauge", "Memory utilization (in %).", read => Math.Round(read.Use.Utilization * 60));
        Family("DCGM_FI_DEV_ENC_UTIL", "gauge", "Encoder utilization (in %).", _ => 0);
        Family("DCGM_FI_DEV_DEC_UTIL", "gauge", "Decoder utilization (in %).", _ => 0);
        Xids();
        Family("DCGM_FI_DEV_FB_FREE", "gauge", "Framebuffer memory free (in MiB).", read => ((long)gpu.MemoryMiB) - (read.Use.UsedBytes >> 20));
        Family("DCGM_FI_DEV_FB_USED", "gauge", "Framebuffer memory used (in MiB).", read => read.Use.UsedBytes >> 20);
        Family("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", "counter", "Number of remapped rows for uncorrectable errors", _ => 0);
        Family("DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", "counter", "Number of remapped rows for correctable errors", _ => 0);
        Family("DCGM_FI_DEV_ROW_REMAP_FAILURE", "gauge", "Whether remapping of rows has failed", _ => 0);
        if (gpu.NvLinkGBps is not null) Family("DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL", "counter", "Total number of NVLink bandwidth counters for all lanes.", _ => 0);
        Family("DCGM_FI_DEV_VGPU_LICENSE_STATUS", "gauge", "vGPU License status", _ => 0);
        Family("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gauge", "Ratio of time the graphics engine is active.", read => read.Use.Utilization);
        Family("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "gauge", "Ratio of cycles the tensor (HMMA) pipe is active.", read => Math.Round(read.Use.Utilization * 0.2, 3));
        Family("DCGM_FI_PROF_DRAM_ACTIVE", "gauge", "Ratio of cycles the device memory interface is active sending or receiving data.", read => Math.Round(read.Use.Utilization * 0.6, 3));
        return text.ToString();

        void Family(string name, string type, string help, Func<Reading, double> value)
        {
            text.Family(name, type, help);
            foreach (var read in all) text.Sample(name, Labels(read), value(read));
        }

        void Xids()
        {
            text.Family("DCGM_FI_DEV_XID_ERRORS", "gauge", "Value of the last XID error encountered.");
            foreach (var read in all)
            {
                var labels = Labels(read).ToList();
                var more = new[] { ("err_code", read.Xid.ToString(CultureInfo.InvariantCulture)), ("err_msg", read.Xid == 0 ? "No Error" : XidText(read.Xid)) };
                // Sorted among the labels that come by map: after container.
                labels.InsertRange(read.Pod is null ? labels.Count : labels.FindIndex(label => label.Name == "container") + 1, more);
                text.Sample("DCGM_FI_DEV_XID_ERRORS", labels, read.Xid);
            }
        }
    }

    private Reading Read(int index)
    {
        var process = processes().FirstOrDefault(candidate => candidate.Start.Gpus.Contains(index));
        var busy = process?.Engine is { } engine && engine.Replica.Load.Running > 0;
        var use = process?.Sizing is { } sizing ? GpuUse.Of(sizing, busy) : GpuUse.Idle(gpu!);
        var xid = process?.Faults.Value(EngineFaultKind.GpuXid, UsualXid) ?? NodeXid();
        return new(index, process?.Start.Pod, process?.Start.Container.Text("name"), use, busy, (int)xid);
    }

    private double NodeXid()
    {
        try
        {
            return new EngineFaults(EngineFault.Parse(node.Annotation(EngineFault.Annotation))).Value(EngineFaultKind.GpuXid, UsualXid) ?? 0;
        }
        catch (FormatException)
        {
            return 0;
        }
    }

    private IEnumerable<(string Name, string Value)> Labels(Reading read)
    {
        var identity = new GpuIdentity(node.Name(), read.Index);
        yield return ("gpu", read.Index.ToString(CultureInfo.InvariantCulture));
        yield return ("UUID", identity.Uuid);
        yield return ("pci_bus_id", identity.PciBusId);
        yield return ("device", $"nvidia{read.Index}");
        yield return ("modelName", (node.Label("nvidia.com/gpu.product") ?? "").Replace('-', ' '));
        yield return ("Hostname", node.Name());
        yield return ("DCGM_FI_DRIVER_VERSION", DriverVersion);
        if (read.Pod is not { } pod) yield break;
        yield return ("container", read.Container ?? "");
        yield return ("namespace", pod.Namespace() ?? "");
        yield return ("pod", pod.Name());
    }

    private static string XidText(int code) => code switch
    {
        48 => "Double Bit ECC Error",
        63 => "Row Remapping Event",
        64 => "Row Remapping Failure",
        74 => "NVLink Error",
        79 => "GPU has fallen off the bus",
        94 => "Contained Memory Error",
        95 => "Uncontained Memory Error",
        _ => "Unknown Error",
    };

    private sealed record Reading(int Index, JsonObject? Pod, string? Container, GpuUse Use, bool Busy, int Xid);
}
