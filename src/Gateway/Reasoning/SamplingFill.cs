using System.Globalization;
using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Reasoning;

/// <summary>Sets the sampling that a mode wants where the client left it out, null included.</summary>
internal static class SamplingFill
{
    /// <summary>Fills in. A client that names top_p, top_k or min_p wants to draw, so greedy decoding is not filled in beside them.</summary>
    public static void Apply(InferenceRequest request, GatewaySampling sampling, BodyEdits edits)
    {
        var draws = !request[RequestField.TopP].IsLeftOut || !request[RequestField.TopK].IsLeftOut || !request[RequestField.MinP].IsLeftOut;
        if (!(sampling.Temperature == 0 && draws)) Fill(request, edits, RequestField.Temperature, sampling.Temperature);
        Fill(request, edits, RequestField.TopP, sampling.TopP);
        // What /v1/responses does not name an engine may refuse there.
        if (request.Endpoint != ApiEndpoint.Responses)
        {
            Fill(request, edits, RequestField.TopK, sampling.TopK);
            Fill(request, edits, RequestField.MinP, sampling.MinP);
            Fill(request, edits, RequestField.RepetitionPenalty, sampling.RepetitionPenalty);
        }

        if (request.MaxTokens is null)
            Fill(request, edits, request.Endpoint == ApiEndpoint.Responses ? RequestField.MaxOutputTokens : RequestField.MaxTokens, sampling.MaxTokens);
    }

    private static void Fill<T>(InferenceRequest request, BodyEdits edits, RequestField field, T? value) where T : struct, IFormattable
    {
        if (value is { } given && request[field].IsLeftOut) request.Set(edits, field, given.ToString(null, CultureInfo.InvariantCulture));
    }
}
