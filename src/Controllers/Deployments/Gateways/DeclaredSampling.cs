using Nemotron.Crds;
using Nemotron.Planning;

namespace Nemotron.Controllers.Deployments.Gateways;

/// <summary>The sampling of one mode: what the deployment declares, and what the model's card advises for the rest.</summary>
internal static class DeclaredSampling
{
    /// <summary>Field by field, the declared one wins.</summary>
    /// <param name="card">What the card advises, or null.</param>
    /// <param name="declared">What the deployment declares, or null.</param>
    public static GatewaySampling? Over(GatewaySampling? card, SamplingParameters? declared)
    {
        if (declared is null) return card;
        // Who narrows what is drawn from wants to draw: the card's greedy decoding would make that meaningless.
        var draws = declared.TopP is not null || declared.TopK is not null || declared.MinP is not null;
        var temperature = declared.Temperature ?? (draws && card?.Temperature == 0 ? null : card?.Temperature);
        return new GatewaySampling
        {
            Temperature = temperature,
            TopP = declared.TopP ?? (temperature == 0 ? null : card?.TopP),
            TopK = declared.TopK ?? card?.TopK,
            MinP = declared.MinP ?? card?.MinP,
            RepetitionPenalty = declared.RepetitionPenalty ?? card?.RepetitionPenalty,
            MaxTokens = declared.MaxTokens ?? card?.MaxTokens,
        };
    }
}
