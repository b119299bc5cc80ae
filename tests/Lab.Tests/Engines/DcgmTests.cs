using Nemotron.Lab.Controllers;
using static Nemotron.Lab.Engines.Tests.EngineLab;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>The DCGM exporter of every node.</summary>
public class DcgmTests
{
    [Fact]
    public async Task Every_gpu_is_shown_with_the_pod_that_has_it_and_its_last_xid()
    {
        await using var lab = await StartAsync("1xH100:4,1xCPU");
        await lab.CreateReadyAsync(TrtLlm("nano"));
        var node = lab.Get("nano").Text("spec", "nodeName")!;
        var text = await ScrapeAsync();

        text.Split('\n').Count(line => line.StartsWith("DCGM_FI_DEV_FB_USED{")).ShouldBe(4);
        text.ShouldContain("# TYPE DCGM_FI_DEV_XID_ERRORS gauge\n");
        var uuid = new GpuIdentity(node, 0).Uuid;
        text.ShouldContain(
            $"DCGM_FI_DEV_XID_ERRORS{{gpu=\"0\",UUID=\"{uuid}\",pci_bus_id=\"00000000:18:00.0\",device=\"nvidia0\",modelName=\"NVIDIA H100 80GB HBM3\",Hostname=\"{node}\",DCGM_FI_DRIVER_VERSION=\"570.86.15\",container=\"engine\",err_code=\"0\",err_msg=\"No Error\",namespace=\"default\",pod=\"nano\"}} 0\n");
        // The cache is taken at the start: memory says nothing of load.
        var used = Value(text, "DCGM_FI_DEV_FB_USED", 0);
        used.ShouldBeGreaterThan(70_000);
        Value(text, "DCGM_FI_DEV_FB_USED", 1).ShouldBeLessThan(1000);
        await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello"), tokens: 50);
        Value(await ScrapeAsync(), "DCGM_FI_DEV_FB_USED", 0).ShouldBe(used);

        lab.Cluster.SetFault("default", "nano", "gpu-xid=94");
        await Waiting.UntilAsync(() => lab.Process("nano").Faults.Has(EngineFaultKind.GpuXid));
        Value(await ScrapeAsync(), "DCGM_FI_DEV_XID_ERRORS", 0).ShouldBe(94);
        Value(await ScrapeAsync(), "DCGM_FI_DEV_XID_ERRORS", 1).ShouldBe(0);

        async Task<string> ScrapeAsync()
        {
            var address = lab.Cluster.Api.Get(BuiltIn.Nodes, null, node).Items("status", "addresses").First().Text("address");
            return await lab.Http.GetStringAsync(new Uri($"http://{address}:9400/metrics"), Cancel);
        }
    }

    private static double Value(string text, string family, int gpu) => double.Parse(text.Split('\n').Single(line => line.StartsWith($"{family}{{gpu=\"{gpu}\"")).Split(' ')[^1]);
}
