namespace Nemotron.Planning;

/// <summary>The gateway's settings as a YAML or JSON document (<c>docs/reasoning.md</c> describes it). Unknown keys are refused with their path.</summary>
public static class GatewaySettingsYaml
{
    private const long MostTokens = 16_777_216;

    /// <summary>Reads settings.</summary>
    /// <param name="file">What errors call the document.</param>
    /// <param name="text">The document, YAML or JSON.</param>
    /// <exception cref="CatalogueException">The text is no YAML, or has a wrong key or value; the message names the place and what would be right.</exception>
    public static GatewaySettings Parse(string file, string text)
    {
        var root = DocumentNode.Parse(file, text);
        var defaults = new GatewaySettings { Upstream = "", Reasoning = new GatewayReasoning { Grammar = ReasoningGrammar.None } };
        var settings = new GatewaySettings
        {
            Revision = root.Optional("revision")?.Text(),
            Upstream = Address(root.Required("upstream")),
            Triton = root.Optional("triton") is { } triton ? Triton(triton) : null,
            Front = root.Optional("front") is { } front ? Front(front) : null,
            HealthPath = root.Optional("healthPath") is { } path ? HealthPath(path) : defaults.HealthPath,
            Reasoning = Reasoning(root.Required("reasoning")),
            StreamUsage = root.Optional("streamUsage")?.Enum<StreamUsage>() ?? defaults.StreamUsage,
            Limits = root.Optional("limits") is { } limits ? Limits(limits) : defaults.Limits,
            Timeouts = root.Optional("timeouts") is { } timeouts ? Timeouts(timeouts) : defaults.Timeouts,
            Drain = root.Optional("drain") is { } drain ? Drain(drain) : defaults.Drain,
            Access = root.Optional("access") is { } access ? Access(access) : defaults.Access,
            StandIn = root.Optional("standIn") is { } standIn ? StandIn(standIn) : null,
            LoggedRequestShare = root.Optional("loggedRequestShare")?.Double(0, 1) ?? defaults.LoggedRequestShare,
        };
        root.Finish();
        return settings;
    }

    /// <summary>Writes settings so that <see cref="Parse"/> reads the same; what has its default is left out.</summary>
    public static string Render(GatewaySettings settings)
    {
        var defaults = new GatewaySettings { Upstream = "", Reasoning = settings.Reasoning };
        var root = new GatewaySettingsWriter()
            .Unless("revision", settings.Revision, null)
            .Text("upstream", settings.Upstream)
            .Section("triton", RenderTriton(settings.Triton))
            .Section("front", RenderFront(settings.Front))
            .Unless("healthPath", settings.HealthPath, defaults.HealthPath)
            .Section("reasoning", RenderReasoning(settings.Reasoning))
            .Unless("streamUsage", settings.StreamUsage, defaults.StreamUsage)
            .Section("limits", new GatewaySettingsWriter()
                .Unless("bodyBytes", settings.Limits.BodyBytes, defaults.Limits.BodyBytes)
                .Unless("jsonDepth", settings.Limits.JsonDepth, defaults.Limits.JsonDepth)
                .Unless("requestsInFlight", settings.Limits.RequestsInFlight, null))
            .Section("timeouts", new GatewaySettingsWriter()
                .Unless("connect", settings.Timeouts.Connect, defaults.Timeouts.Connect)
                .Unless("body", settings.Timeouts.Body, defaults.Timeouts.Body)
                .Unless("firstByte", settings.Timeouts.FirstByte, defaults.Timeouts.FirstByte)
                .Unless("idle", settings.Timeouts.Idle, defaults.Timeouts.Idle))
            .Section("drain", new GatewaySettingsWriter()
                .Unless("delay", settings.Drain.Delay, defaults.Drain.Delay)
                .Unless("deadline", settings.Drain.Deadline, defaults.Drain.Deadline)
                .Unless("retryAfter", settings.Drain.RetryAfter, defaults.Drain.RetryAfter))
            .Section("access", new GatewaySettingsWriter()
                .Unless("apiKeysFile", settings.Access.ApiKeysFile, null)
                .Unless("adminKeysFile", settings.Access.AdminKeysFile, null)
                .Unless("tlsCertificateFile", settings.Access.TlsCertificateFile, null)
                .Unless("tlsKeyFile", settings.Access.TlsKeyFile, null))
            .Section("standIn", new GatewaySettingsWriter()
                .Unless("servedBy", settings.StandIn?.ServedBy, null)
                .Unless("namespace", settings.StandIn?.Namespace, null)
                .Texts("services", settings.StandIn?.Services ?? []))
            .Unless("loggedRequestShare", settings.LoggedRequestShare, 0.0);
        return root.ToYaml();
    }

    private static GatewaySettingsWriter RenderTriton(GatewayTriton? triton) => triton is null ? new GatewaySettingsWriter() : new GatewaySettingsWriter()
        .Text("grpc", triton.Grpc)
        .Text("model", triton.Model)
        .Text("servedName", triton.ServedName)
        .Text("chatTemplate", triton.ChatTemplate.ToString())
        .Unless("maxTokens", triton.MaxTokens, 0);

    private static GatewaySettingsWriter RenderFront(GatewayFront? front) => front is null ? new GatewaySettingsWriter() : new GatewaySettingsWriter()
        .Unless("hold", front.Hold, TimeSpan.Zero)
        .Unless("mostHeld", front.MostHeld, new GatewayFront { Hold = front.Hold }.MostHeld);

    private static GatewaySettingsWriter RenderReasoning(GatewayReasoning reasoning)
    {
        var defaults = new GatewayReasoning { Grammar = reasoning.Grammar };
        var section = new GatewaySettingsWriter()
            .Text("grammar", reasoning.Grammar.ToString())
            .Unless("modelDefault", reasoning.ModelDefault, null)
            .Unless("traceOpenedBy", reasoning.TraceOpenedBy, defaults.TraceOpenedBy)
            .Unless("default", reasoning.Default, defaults.Default)
            .Unless("enforcement", reasoning.Enforcement, defaults.Enforcement)
            .Unless("whereImpossible", reasoning.WhereImpossible, null);
        if (reasoning.Budget is { } budget)
            section.Section("budget", new GatewaySettingsWriter()
                .Text("by", budget.By.ToString())
                .Unless("tokens", budget.Tokens, null)
                .Unless("loweredTo", budget.LoweredTo, null)
                .Unless("graceTokens", budget.GraceTokens, new ThinkingBudget { By = budget.By }.GraceTokens));
        return section.Section("on", RenderSampling(reasoning.SamplingOn)).Section("off", RenderSampling(reasoning.SamplingOff));
    }

    private static GatewaySettingsWriter RenderSampling(GatewaySampling? sampling) => new GatewaySettingsWriter()
        .Unless("temperature", sampling?.Temperature, null)
        .Unless("topP", sampling?.TopP, null)
        .Unless("topK", sampling?.TopK, null)
        .Unless("minP", sampling?.MinP, null)
        .Unless("repetitionPenalty", sampling?.RepetitionPenalty, null)
        .Unless("maxTokens", sampling?.MaxTokens, null);

    private static string Address(DocumentNode node)
    {
        var text = node.Text();
        // As text, since this room knows no network; what the address leads to is for the gateway to find out.
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri is { PathAndQuery: "/", Fragment: "", UserInfo: "" }
            ? text.TrimEnd('/')
            : throw node.Error($"must be an address of scheme, host and port such as http://127.0.0.1:8001, not '{text}'");
    }

    private static GatewayFront Front(DocumentNode node)
    {
        var hold = node.Required("hold").Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(24));
        var front = new GatewayFront { Hold = hold, MostHeld = node.Optional("mostHeld")?.Int(1, 1_000_000) ?? new GatewayFront { Hold = hold }.MostHeld };
        node.Finish();
        return front;
    }

    private static GatewayTriton Triton(DocumentNode node)
    {
        var triton = new GatewayTriton
        {
            Grpc = Address(node.Required("grpc")),
            Model = node.Required("model").Text(),
            ServedName = node.Required("servedName").Text(),
            ChatTemplate = node.Required("chatTemplate").Enum<ChatTemplate>(),
            MaxTokens = node.Required("maxTokens").Int(1, GatewayTriton.MostTokens),
        };
        node.Finish();
        return triton;
    }

    private static string HealthPath(DocumentNode node)
    {
        var text = node.Text();
        return text.StartsWith('/') ? text : throw node.Error($"must start with '/', not '{text}'");
    }

    private static GatewayReasoning Reasoning(DocumentNode node)
    {
        var reasoning = new GatewayReasoning
        {
            Grammar = node.Required("grammar").Enum<ReasoningGrammar>(),
            ModelDefault = node.Optional("modelDefault")?.Enum<ReasoningMode>(),
            TraceOpenedBy = node.Optional("traceOpenedBy")?.Enum<TraceOpener>() ?? TraceOpener.Model,
            Default = node.Optional("default")?.Enum<ReasoningMode>() ?? ReasoningMode.Off,
            Enforcement = node.Optional("enforcement")?.Enum<GatewayEnforcement>() ?? GatewayEnforcement.Default,
            WhereImpossible = node.Optional("whereImpossible")?.Enum<WhereImpossible>(),
            Budget = node.Optional("budget") is { } budget ? Budget(budget) : null,
            SamplingOn = node.Optional("on") is { } on ? Sampling(on) : null,
            SamplingOff = node.Optional("off") is { } off ? Sampling(off) : null,
        };
        node.Finish();
        if (reasoning is { Grammar: ReasoningGrammar.None, Default: ReasoningMode.On })
            throw node.Error("default", "cannot be On while grammar is None: this model cannot be told to think");
        return reasoning;
    }

    private static ThinkingBudget Budget(DocumentNode node)
    {
        var budget = new ThinkingBudget
        {
            By = node.Required("by").Enum<BudgetMechanism>(),
            Tokens = node.Optional("tokens")?.Int(1, (int)MostTokens),
            LoweredTo = node.Optional("loweredTo")?.Int(1, (int)MostTokens),
            GraceTokens = node.Optional("graceTokens")?.Int(0, (int)MostTokens) ?? 500,
        };
        node.Finish();
        return budget;
    }

    private static GatewaySampling Sampling(DocumentNode node)
    {
        const double least = 0.000_001;
        var sampling = new GatewaySampling
        {
            Temperature = node.Optional("temperature")?.Double(0, 2),
            TopP = node.Optional("topP")?.Double(least, 1),
            TopK = node.Optional("topK")?.Int(1, 1_000_000),
            MinP = node.Optional("minP")?.Double(0, 1),
            RepetitionPenalty = node.Optional("repetitionPenalty")?.Double(least, 2),
            MaxTokens = node.Optional("maxTokens")?.Int(1, (int)MostTokens),
        };
        node.Finish();
        return sampling;
    }

    private static GatewayLimits Limits(DocumentNode node)
    {
        var defaults = new GatewayLimits();
        var limits = new GatewayLimits
        {
            BodyBytes = node.Optional("bodyBytes")?.Int(1, 1 << 30) ?? defaults.BodyBytes,
            JsonDepth = node.Optional("jsonDepth")?.Int(4, 512) ?? defaults.JsonDepth,
            RequestsInFlight = node.Optional("requestsInFlight")?.Int(1, 1_000_000),
        };
        node.Finish();
        return limits;
    }

    private static GatewayTimeouts Timeouts(DocumentNode node)
    {
        var defaults = new GatewayTimeouts();
        var timeouts = new GatewayTimeouts
        {
            Connect = node.Optional("connect")?.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5)) ?? defaults.Connect,
            Body = node.Optional("body")?.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)) ?? defaults.Body,
            FirstByte = node.Optional("firstByte")?.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(24)) ?? defaults.FirstByte,
            Idle = node.Optional("idle")?.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(24)) ?? defaults.Idle,
        };
        node.Finish();
        return timeouts;
    }

    private static GatewayDrain Drain(DocumentNode node)
    {
        var defaults = new GatewayDrain();
        var drain = new GatewayDrain
        {
            Delay = node.Optional("delay")?.Duration(TimeSpan.Zero, TimeSpan.FromMinutes(5)) ?? defaults.Delay,
            Deadline = node.Optional("deadline")?.Duration(TimeSpan.Zero, TimeSpan.FromHours(24)) ?? defaults.Deadline,
            RetryAfter = node.Optional("retryAfter")?.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)) ?? defaults.RetryAfter,
        };
        node.Finish();
        return drain;
    }

    private static GatewayStandIn StandIn(DocumentNode node)
    {
        var standIn = new GatewayStandIn
        {
            ServedBy = node.Required("servedBy").Text(),
            Namespace = node.Required("namespace").Text(),
            Services = node.Required("services").Texts(),
        };
        node.Finish();
        // It goes into a header as it is.
        return standIn.ServedBy.All(character => character is >= ' ' and <= '~') ? standIn : throw node.Error("servedBy", "must be printable ASCII, since it is told in a header");
    }

    private static GatewayAccess Access(DocumentNode node)
    {
        var access = new GatewayAccess
        {
            ApiKeysFile = node.Optional("apiKeysFile")?.Text(),
            AdminKeysFile = node.Optional("adminKeysFile")?.Text(),
            TlsCertificateFile = node.Optional("tlsCertificateFile")?.Text(),
            TlsKeyFile = node.Optional("tlsKeyFile")?.Text(),
        };
        node.Finish();
        if (access.TlsCertificateFile is not null && access.TlsKeyFile is null) throw node.Error("tlsKeyFile", "is required together with tlsCertificateFile");
        if (access.TlsKeyFile is not null && access.TlsCertificateFile is null) throw node.Error("tlsCertificateFile", "is required together with tlsKeyFile");
        return access;
    }
}
