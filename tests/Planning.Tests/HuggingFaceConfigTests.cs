namespace Nemotron.Planning.Tests;

public sealed class HuggingFaceConfigTests
{
    private const string Llama = """
        {"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":3072,"intermediate_size":8192,"num_hidden_layers":28,
         "num_attention_heads":24,"num_key_value_heads":8,"head_dim":128,"vocab_size":128256,"max_position_embeddings":131072,
         "tie_word_embeddings":true,"torch_dtype":"bfloat16","rope_scaling":{"factor":32.0}}
        """;

    private const string Nas = """
        {"architectures":["DeciLMForCausalLM"],"model_type":"nemotron-nas","hidden_size":1024,"intermediate_size":null,"num_hidden_layers":3,
         "num_attention_heads":16,"num_key_value_heads":null,"vocab_size":1000,"max_position_embeddings":4096,"auto_map":{"AutoConfig":"x"},
         "block_configs":[
          {"attention":{"n_heads_in_group":4,"no_op":false,"replace_with_linear":false,"sparsify":null,"window_length":512},"ffn":{"ffn_mult":2.625,"no_op":false}},
          {"attention":{"n_heads_in_group":null,"no_op":false,"replace_with_linear":true},"ffn":{"ffn_mult":null,"no_op":false,"replace_with_linear":true}},
          {"attention":{"n_heads_in_group":null,"no_op":true},"ffn":{"ffn_mult":null,"no_op":true}}]}
        """;

    private const string Hybrid = """
        {"architectures":["NemotronHForCausalLM"],"model_type":"nemotron_h","hidden_size":4480,"intermediate_size":15680,"num_hidden_layers":56,
         "hybrid_override_pattern":"M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-","num_attention_heads":40,"head_dim":128,
         "num_key_value_heads":8,"mamba_num_heads":128,"mamba_head_dim":80,"n_groups":8,"ssm_state_size":128,"conv_kernel":4,
         "vocab_size":131072,"max_position_embeddings":131072,"tie_word_embeddings":false,"torch_dtype":"bfloat16"}
        """;

    [Fact]
    public void The_published_super_is_the_catalogues_super()
    {
        var read = HuggingFaceConfig.ReadModel("config.json", SharedData.Read("llama-nemotron-super-49b-v1.config.json"));
        read.Architecture.ShouldBe(Plans.Model("Super").Architecture);
        read.Name.ShouldBe("llama_nemotron_super");
        read.RemoteCode.ShouldBeTrue();
    }

    [Fact]
    public void A_llama_may_be_tied_and_split_its_heads_as_it_likes()
    {
        var read = HuggingFaceConfig.ReadArchitecture("config.json", Llama);
        read.TiedEmbeddings.ShouldBeTrue();
        read.Parameters.Total.ShouldBe(3_212_749_824);
        HuggingFaceConfig.ReadArchitecture("config.json", Llama.Replace("\"num_key_value_heads\":8,", "", StringComparison.Ordinal))
            .Runs[0].Layer.Attention!.KvHeads.ShouldBe(24);
    }

    [Fact]
    public void A_searched_block_may_be_windowed_linear_or_empty()
    {
        var read = HuggingFaceConfig.ReadArchitecture("config.json", Nas);
        read.LayerCount.ShouldBe(3);
        var attention = read.Runs[0].Layer.Attention!;
        (attention.KvHeads, attention.KeyHeadDim, attention.WindowTokens).ShouldBe((4, 64, 512));
        read.Runs[0].Layer.Ffn!.Width.ShouldBe(1792);
        (read.Runs[1].Layer.LinearAttention, read.Runs[1].Layer.LinearFfn).ShouldBe((true, true));
        read.Runs[2].Layer.ShouldBe(LayerSpec.Empty);
    }

    [Fact]
    public void A_hybrid_pattern_is_the_catalogues_nano_9b_v2()
    {
        HuggingFaceConfig.ReadArchitecture("config.json", Hybrid).ShouldBe(Plans.Model("Nemotron-Nano-9B-v2").Architecture);
        var entry = HuggingFaceConfig.ReadModel("config.json", Hybrid.Replace("\"n_groups\"", "\"mamba_ssm_cache_dtype\":\"bfloat16\",\"n_groups\"", StringComparison.Ordinal));
        entry.SsmState.ShouldBe(StatePrecision.BF16);
        entry.RemoteCode.ShouldBeFalse();
    }

    [Theory]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    [InlineData("NaN")]
    public void Numbers_that_only_Python_writes_are_passed_over(string number)
    {
        var config = Hybrid.Replace("\"n_groups\"", $"\"time_step_limit\":[0.0, {number}],\"_name_or_path\":\"to \\\"{number}\\\" and {number}\",\"n_groups\"", StringComparison.Ordinal);
        var read = HuggingFaceConfig.ReadModel("config.json", config);
        read.Architecture.ShouldBe(Plans.Model("Nemotron-Nano-9B-v2").Architecture);
        read.Name.ShouldBe($"to \"{number}\" and {number}");
        Should.Throw<CatalogueException>(() => HuggingFaceConfig.ReadModel("config.json", Hybrid.Replace("\"hidden_size\":4480", $"\"hidden_size\":{number}", StringComparison.Ordinal)))
            .Path.ShouldBe("hidden_size");
    }

    [Fact]
    public void A_hybrid_may_list_its_layers_by_name()
    {
        var named = Hybrid
            .Replace("\"hybrid_override_pattern\":\"M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-\"", "\"layers_block_type\":[\"mamba\",\"mlp\",\"attention\"]", StringComparison.Ordinal)
            .Replace("\"num_hidden_layers\":56", "\"num_hidden_layers\":3", StringComparison.Ordinal);
        HuggingFaceConfig.ReadArchitecture("config.json", named).Runs.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(Llama, "LlamaForCausalLM", "MixtralForCausalLM", "architectures[0]", "unknown architecture 'MixtralForCausalLM'")]
    [InlineData(Llama, "\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\",", "", "architectures", "is required")]
    [InlineData(Llama, "\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\",", "\"model_type\":\"gpt2\",", "model_type", "unknown architecture 'gpt2'")]
    [InlineData(Llama, "\"num_attention_heads\":24", "\"num_attention_heads\":0", "num_attention_heads", "must be between 1 and")]
    [InlineData(Llama, "\"num_key_value_heads\":8", "\"num_key_value_heads\":5", "", "5 KV heads do not divide 24 query heads")]
    [InlineData(Llama, "\"hidden_size\":3072", "\"hidden_size\":\"3072\"", "hidden_size", "must be a whole number, not the text '3072'")]
    [InlineData(Llama, "\"vocab_size\":128256,", "", "vocab_size", "is required")]
    [InlineData(Llama, "\"bfloat16\"", "\"float32\"", "torch_dtype", "'float32' is not planned")]
    [InlineData(Llama, "{\"architectures\"", "[{\"architectures\"", "line", "is not JSON")]
    [InlineData(Hybrid, "4480", "Infinityx", "line 1", "is not JSON")]
    [InlineData(Nas, "\"num_hidden_layers\":3", "\"num_hidden_layers\":4", "block_configs", "has 3 blocks, but num_hidden_layers says 4")]
    [InlineData(Nas, "\"n_heads_in_group\":4", "\"n_heads_in_group\":5", "block_configs[0].attention.n_heads_in_group", "groups of 5 do not divide 16")]
    [InlineData(Nas, "\"ffn_mult\":2.625", "\"ffn_mult\":-1", "block_configs[0].ffn.ffn_mult", "must be between")]
    [InlineData(Nas, "\"sparsify\":null", "\"sparsify\":[1]", "block_configs[0].attention.sparsify", "does not understand")]
    [InlineData(Hybrid, "M-M-M-MM", "E-M-M-MM", "hybrid_override_pattern", "layer 0 is a mixture of experts")]
    [InlineData(Hybrid, "M-M-M-MM", "M-M?M-MM", "hybrid_override_pattern", "layer 3 is '?'")]
    [InlineData(Hybrid, "\"num_hidden_layers\":56", "\"num_hidden_layers\":55", "num_hidden_layers", "says 55, but the pattern has 56 layers")]
    [InlineData(Hybrid, "\"n_groups\":8", "\"n_groups\":7", "n_groups", "7 groups do not divide 128 Mamba heads")]
    [InlineData(Hybrid, "\"ssm_state_size\":128,", "", "ssm_state_size", "is required")]
    public void What_is_not_understood_is_named_with_path_and_reason(string config, string right, string wrong, string path, string reason)
    {
        config.ShouldContain(right);
        var error = Should.Throw<CatalogueException>(() =>
            HuggingFaceConfig.ReadArchitecture("mine/config.json", config.Replace(right, wrong, StringComparison.Ordinal)));
        error.File.ShouldBe("mine/config.json");
        error.Path.ShouldStartWith(path);
        error.Reason.ShouldContain(reason);
    }
}
