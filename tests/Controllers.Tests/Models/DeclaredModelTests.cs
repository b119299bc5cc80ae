using k8s.Models;
using Nemotron.Controllers.Models;
using Nemotron.Crds;
using Planner = Nemotron.Planning;

namespace Nemotron.Controllers.Tests.Models;

public class DeclaredModelTests
{
    private const string Config = """
        {"architectures":["NemotronHForCausalLM"],"model_type":"nemotron_h","hidden_size":4480,"intermediate_size":15680,"num_hidden_layers":3,
         "hybrid_override_pattern":"M-*","num_attention_heads":40,"head_dim":128,
         "num_key_value_heads":8,"mamba_num_heads":128,"mamba_head_dim":80,"n_groups":8,"ssm_state_size":128,"conv_kernel":4,
         "vocab_size":131072,"max_position_embeddings":131072,"tie_word_embeddings":false,"torch_dtype":"bfloat16"}
        """;

    [Theory]
    [InlineData(null, null, Planner.StatePrecision.FP32)]
    [InlineData(null, StatePrecision.BF16, Planner.StatePrecision.BF16)]
    [InlineData("float32", StatePrecision.BF16, Planner.StatePrecision.FP32)]
    [InlineData("bfloat16", StatePrecision.FP32, Planner.StatePrecision.BF16)]
    public void The_config_json_says_the_states_format_and_else_the_spec(string? said, StatePrecision? asked, Planner.StatePrecision state)
    {
        var reference = new ConfigMapKeyReference { Namespace = "models", Name = "mine" };
        var entity = new NemotronModel { Metadata = new V1ObjectMeta { Name = "mine" }, Spec = new NemotronModelSpec { HfConfigMapRef = reference, SsmState = asked } };
        var config = said is null ? Config : Config.Replace("{\"arch", $"{{\"mamba_ssm_cache_dtype\":\"{said}\",\"arch", StringComparison.Ordinal);
        DeclaredModel.Entry("mine", entity.Spec, ModelSource.Read(entity, reference, config)).SsmState.ShouldBe(state);
    }
}
