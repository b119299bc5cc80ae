namespace Nemotron.Planning.Tests;

/// <summary>The gateway's settings as a document.</summary>
public class GatewaySettingsTests
{
    private const string Least = "upstream: http://127.0.0.1:8001\nreasoning: { grammar: ThinkTags }\n";

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        var settings = GatewaySettingsYaml.Parse("gateway.yaml", Least);
        settings.ShouldBe(new GatewaySettings { Upstream = "http://127.0.0.1:8001", Reasoning = new GatewayReasoning { Grammar = ReasoningGrammar.ThinkTags } });
        settings.Reasoning.Impossible.ShouldBe(WhereImpossible.Pass);
        settings.LoggedRequestShare.ShouldBe(0);
    }

    [Fact]
    public void What_is_written_is_read_the_same()
    {
        var settings = new GatewaySettings
        {
            Upstream = "https://localhost:8443",
            HealthPath = "/v1/health/ready",
            StreamUsage = StreamUsage.Leave,
            Reasoning = GatewayReasoning.Of(ModelCatalogue.Default.Find("Nemotron-Nano-9B-v2").Reasoning) with
            {
                Default = ReasoningMode.On,
                Enforcement = GatewayEnforcement.Enforced,
                WhereImpossible = WhereImpossible.Pass,
                Budget = new ThinkingBudget { By = BudgetMechanism.Stream, Tokens = 4096, LoweredTo = 512, GraceTokens = 20 },
                SamplingOn = new GatewaySampling { Temperature = 0.6, TopP = 0.95, TopK = 40, MinP = 0.05, RepetitionPenalty = 1.1, MaxTokens = 9000 },
            },
            Limits = new GatewayLimits { BodyBytes = 1 << 20, JsonDepth = 32, RequestsInFlight = 256 },
            Timeouts = new GatewayTimeouts { Connect = TimeSpan.FromMilliseconds(1500), Body = TimeSpan.FromSeconds(90), FirstByte = TimeSpan.FromHours(1.5), Idle = TimeSpan.FromSeconds(61) },
            Drain = new GatewayDrain { Deadline = TimeSpan.Zero, RetryAfter = TimeSpan.FromSeconds(7) },
            Access = new GatewayAccess { ApiKeysFile = "/keys", AdminKeysFile = "/admin", TlsCertificateFile = "/tls.crt", TlsKeyFile = "/tls.key" },
            StandIn = new GatewayStandIn { ServedBy = "small (Nano)", Namespace = "models", Services = ["ultra", "super"] },
            LoggedRequestShare = 0.25,
        };
        var text = GatewaySettingsYaml.Render(settings);
        GatewaySettingsYaml.Parse("rendered", text).ShouldBe(settings);
        // A reader of YAML 1.1 would take a bare On for true.
        text.ShouldContain("default: \"On\"");
        text.ShouldContain("firstByte: \"1h30m\"");
    }

    [Fact]
    public void Defaults_are_not_written()
    {
        var settings = GatewaySettingsYaml.Parse("gateway.yaml", Least);
        GatewaySettingsYaml.Render(settings).ShouldBe("upstream: \"http://127.0.0.1:8001\"\nreasoning:\n  grammar: \"ThinkTags\"\n");
    }

    [Fact]
    public void JSON_is_read_too() =>
        GatewaySettingsYaml.Parse("gateway.json", """{"upstream": "http://127.0.0.1:8001", "reasoning": {"grammar": "ThinkTags", "budget": {"by": "Stream", "tokens": 9}}}""")
            .Reasoning.Budget.ShouldBe(new ThinkingBudget { By = BudgetMechanism.Stream, Tokens = 9 });

    [Theory]
    [InlineData("reasoning: { grammar: ThinkTags }", "upstream: is required")]
    [InlineData("upstream: http://127.0.0.1:8001", "reasoning: is required")]
    [InlineData(Least + "limits: { bodyByte: 5 }", "limits.bodyByte: is not a known key; did you mean bodyBytes")]
    [InlineData(Least + "timeouts: { idle: 5 minutes }", "timeouts.idle: must be a duration such as 500ms, 90s or 1h30m, not '5 minutes'")]
    [InlineData(Least + "timeouts: { idle: 9000h }", "timeouts.idle: must be between 1ms and 24h, not 9000h")]
    [InlineData(Least + "loggedRequestShare: 2", "loggedRequestShare: must be between 0 and 1, not 2")]
    [InlineData(Least + "access: { tlsKeyFile: /k }", "access.tlsCertificateFile: is required together with tlsKeyFile")]
    [InlineData(Least + "streamUsage: Maybe", "streamUsage: 'Maybe' is not one of Ask, Leave")]
    [InlineData("upstream: 127.0.0.1:8001\nreasoning: { grammar: ThinkTags }", "upstream: must be an address of scheme, host and port")]
    [InlineData("upstream: http://h/v1\nreasoning: { grammar: ThinkTags }", "upstream: must be an address of scheme, host and port")]
    [InlineData("upstream: http://h\nreasoning: { grammar: None, default: On }", "reasoning.default: cannot be On while grammar is None")]
    [InlineData("upstream: http://h\nreasoning: { grammar: ThinkTags, budget: { tokens: 5 } }", "reasoning.budget.by: is required")]
    [InlineData("upstream: http://h\nreasoning: { grammar: ThinkTags, on: { topP: 0 } }", "reasoning.on.topP: must be between")]
    [InlineData(Least + "standIn: { servedBy: small, namespace: models }", "standIn.services: is required")]
    [InlineData(Least + "standIn: { servedBy: \"a\\nb\", namespace: models, services: [ultra] }", "standIn.servedBy: must be printable ASCII")]
    [InlineData(Least + "healthPath: health", "healthPath: must start with '/'")]
    public void What_is_wrong_is_told_with_its_path(string text, string error) =>
        Should.Throw<CatalogueException>(() => GatewaySettingsYaml.Parse("gateway.yaml", text)).Message.ShouldStartWith("gateway.yaml: " + error);

    [Theory]
    [InlineData("ultra", true)]
    [InlineData("Ultra.models", true)]
    [InlineData("ultra.models.svc.cluster.local", true)]
    [InlineData("super.models.svc", true)]
    [InlineData("small.models", false)]
    [InlineData("ultra.others", false)]
    [InlineData("ultra.models2.svc", false)]
    [InlineData("ultra.example.com", false)]
    [InlineData("ultra2", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("", false)]
    public void Whose_a_request_is_the_host_says(string host, bool theirs) =>
        new GatewayStandIn { ServedBy = "small (Nano)", Namespace = "models", Services = ["ultra", "super"] }.Answers(host).ShouldBe(theirs);

    [Fact]
    public void The_catalogue_says_how_a_model_is_switched()
    {
        var reasoning = GatewayReasoning.Of(ModelCatalogue.Default.Find("Nemotron-H-47B").Reasoning);
        (reasoning.Grammar, reasoning.ModelDefault, reasoning.TraceOpenedBy).ShouldBe((ReasoningGrammar.SystemJson, null, TraceOpener.Template));
        (reasoning.SamplingOn, reasoning.SamplingOff).ShouldBe((new GatewaySampling { Temperature = 0.6, TopP = 0.95 }, new GatewaySampling { Temperature = 0 }));
        GatewayReasoning.Of(ModelCatalogue.Default.Find("Llama-3.1-8B").Reasoning).ShouldBe(new GatewayReasoning { Grammar = ReasoningGrammar.None });
    }
}
