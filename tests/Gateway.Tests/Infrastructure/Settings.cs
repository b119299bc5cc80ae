using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Infrastructure;

/// <summary>Settings for tests.</summary>
internal static class Settings
{
    public const string NoUpstream = "http://127.0.0.1:9";

    public static GatewaySettings Of(GatewayReasoning reasoning) => new() { Upstream = NoUpstream, Reasoning = reasoning };

    public static GatewaySettings Of(ReasoningGrammar grammar, ReasoningMode mode = ReasoningMode.Off, string upstream = NoUpstream) =>
        new() { Upstream = upstream, Reasoning = new GatewayReasoning { Grammar = grammar, Default = mode } };
}
