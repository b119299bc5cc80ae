using System.Text;
using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Reasoning;

/// <summary>
/// Nemotron-H reasoning: the first system message holds <c>{'reasoning': True}</c> or <c>{'reasoning': False}</c>, the first of which wins where both stand;
/// without either the model decides. Other words of the system stay beside it.
/// </summary>
internal sealed class SystemJsonGrammar : IReasoningGrammar
{
    private const string OnWords = "{'reasoning': True}", OffWords = "{'reasoning': False}";

    /// <inheritdoc/>
    public ReasoningMode? Asked(InferenceRequest request)
    {
        var off = false;
        foreach (var token in FirstTexts(request))
        {
            var text = request.Text(token).Bytes;
            if (text.IndexOf("{'reasoning': True}"u8) >= 0) return ReasoningMode.On;
            off |= text.IndexOf("{'reasoning': False}"u8) >= 0;
        }

        return off ? ReasoningMode.Off : null;
    }

    /// <inheritdoc/>
    public void Apply(InferenceRequest request, ReasoningMode mode, BodyEdits edits)
    {
        if (Asked(request) is not { } asked)
        {
            SystemTurn.Lead(request, mode == ReasoningMode.On ? OnWords : OffWords, edits);
            return;
        }

        SystemTurn.CallSystem(request.Turns[0], edits);
        if (asked == mode) return;
        var (wrong, right) = mode == ReasoningMode.On ? (OffWords, OnWords) : (OnWords, OffWords);
        var word = Encoding.UTF8.GetBytes(wrong);
        foreach (var token in FirstTexts(request))
        {
            var text = request.Text(token);
            foreach (var at in Words.Find(text.Bytes, word))
                edits.Replace(text.PlaceOf(at), text.PlaceOf(at + word.Length), Encoding.UTF8.GetBytes(right));
        }
    }

    private static IEnumerable<JsonToken> FirstTexts(InferenceRequest request) =>
        (SystemTurn.First(request)?.Texts ?? []).Where(token => Words.MayHold(request, token, "reasoning"u8));
}
