using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Tests.Serving;

public sealed class MeasuredRowsTests
{
    private const string Header = "model,system,backend,backend_version,precision,isl,osl,concurrency,tp,ttft_ms,tpot_ms\n";

    [Fact]
    public void A_row_is_read_by_its_columns()
    {
        var row = Read(Header + "meta-llama/Llama-3.1-70B-Instruct,h200_sxm,vllm,0.12.0,fp8,1024,128,64,4,250.5,21.25\n").ShouldHaveSingleItem();
        (row.Replica.Model.Name, row.Replica.Gpu.Name, row.Replica.Engine, row.Replica.EngineVersion).ShouldBe(("Llama-3.1-70B", "H200-SXM", EngineKind.Vllm, "0.12.0"));
        (row.Replica.Precision, row.Replica.TensorParallel, row.Replica.PipelineParallel).ShouldBe((Precision.FP8, 4, 1));
        (row.Load, row.TtftMs, row.TpotMs).ShouldBe((new ClosedLoopLoad(1024, 128, 64), 250.5, 21.25));
    }

    [Fact]
    public void Columns_may_come_in_any_order_and_the_measured_ones_may_be_missing()
    {
        var row = Read("tp,concurrency,osl,isl,backend,system,model\n2,8,128,1024,trtllm,a100_sxm,Nano\n\n").ShouldHaveSingleItem();
        (row.Replica.Gpu.Name, row.Replica.Engine, row.Replica.Precision, row.TtftMs).ShouldBe(("A100-SXM-80GB", EngineKind.TrtLlmServe, Precision.BF16, null));
    }

    [Theory]
    [InlineData("nvidia/Llama-3.1-70B-Instruct-FP8", "", Precision.FP8)]
    [InlineData("meta-llama/Llama-3.1-70B-Instruct", "", Precision.BF16)]
    [InlineData("Llama-3.1-70B", "fp4", Precision.NVFP4)]
    [InlineData("Llama-3.1-70B", "NVFP4", Precision.NVFP4)]
    [InlineData("Llama-3.1-70B", "fp16", Precision.BF16)]
    public void Without_a_precision_the_checkpoints_own_is_taken(string model, string precision, Precision expected) =>
        Read(Header + $"{model},gb200,trtllm,,{precision},1,1,1,1,,").ShouldHaveSingleItem().Replica.Precision.ShouldBe(expected);

    [Theory]
    [InlineData("model,system,isl,osl,concurrency,tp\n", "rows.csv: line 1: has no column backend; needed: model, system")]
    [InlineData(Header + "Nanno,h100_sxm,vllm,,,1,1,1,1,,", "rows.csv: line 2: model: unknown model 'Nanno'; nearest: Nano")]
    [InlineData(Header + "Nano,h300_sxm,vllm,,,1,1,1,1,,", "rows.csv: line 2: system: unknown GPU 'h300_sxm'; nearest:")]
    [InlineData(Header + "Nano,h100_sxm,vlm,,,1,1,1,1,,", "rows.csv: line 2: backend: unknown engine 'vlm'; nearest: Vllm")]
    [InlineData(Header + "Nano,h100_sxm,vllm,,int4,1,1,1,1,,", "rows.csv: line 2: precision: 'int4' is not one of bf16, fp8, nvfp4")]
    [InlineData(Header + "Nano,h100_sxm,vllm,,,1,1,1,1,,\nNano,h100_sxm,vllm,,,1,0,1,1,,", "rows.csv: line 3: osl: must be a whole number between 1 and")]
    [InlineData(Header + "Nano,h100_sxm,vllm,,,1,1,1,1,fast,", "rows.csv: line 2: ttft_ms: must be a number above 0, not 'fast'")]
    [InlineData(Header + ",h100_sxm,vllm,,,1,1,1,1,,", "rows.csv: line 2: model: is empty")]
    public void A_wrong_row_is_named_with_line_and_column(string text, string message) =>
        Should.Throw<CatalogueException>(() => Read(text)).Message.ShouldStartWith(message);

    [Fact]
    public void The_measured_rows_are_all_read() =>
        Read(SharedData.Read("measured-latency.csv")).Count.ShouldBe(598);

    private static IReadOnlyList<MeasuredRow> Read(string text) => MeasuredRows.Read("rows.csv", text, ModelCatalogue.Default, GpuCatalogue.Default);
}
