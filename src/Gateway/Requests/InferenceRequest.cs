using System.Buffers.Text;
using System.Text.Json;
using Nemotron.Gateway.Json;

namespace Nemotron.Gateway.Requests;

/// <summary>A request to generate, by the places of its fields in the body. Of a key that comes twice the last counts, as engines read it.</summary>
internal sealed class InferenceRequest
{
    private readonly JsonToken[] _fields = new JsonToken[RequestFields.Count];
    private readonly JsonToken[] _inner = new JsonToken[RequestFields.Count];
    private readonly bool[] _emptyObjects = new bool[RequestFields.Count];

    internal InferenceRequest(ApiEndpoint endpoint, ReadOnlyMemory<byte> body)
    {
        Endpoint = endpoint;
        Body = body;
    }

    /// <summary>Where it is for.</summary>
    public ApiEndpoint Endpoint { get; }

    /// <summary>The body as the client sent it.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Behind the body's opening brace: where fields are added.</summary>
    public int FieldsStart { get; internal set; }

    /// <summary>The conversation in the model's order; for /v1/responses the instructions come first. Empty for /v1/completions.</summary>
    public IReadOnlyList<Turn> Turns { get; internal set; } = [];

    /// <summary>The gateway puts a turn of its own before the client's.</summary>
    public bool IsLed { get; set; }

    /// <summary>The list that holds the turns; absent where the turns are no list.</summary>
    public JsonToken TurnList => Endpoint == ApiEndpoint.Chat ? this[RequestField.Messages] : this[RequestField.Input];

    /// <summary>A field's value.</summary>
    public JsonToken this[RequestField field]
    {
        get => _fields[(int)field];
        internal set => _fields[(int)field] = value;
    }

    /// <summary>The value of the one key that is read inside a field's object.</summary>
    public JsonToken Inner(RequestField field) => _inner[(int)field];

    /// <summary><c>chat_template_kwargs</c> has keys that are arguments of the rendering itself, which some engines let them override.</summary>
    public bool KwargsRuleTemplate { get; internal set; }

    internal void SetInner(RequestField field, JsonToken value, bool objectIsEmpty)
    {
        _inner[(int)field] = value;
        _emptyObjects[(int)field] = objectIsEmpty;
    }

    /// <summary>The request's answer is to be streamed.</summary>
    public bool Streams => this[RequestField.Stream].Kind == JsonTokenType.True;

    /// <summary>The client asked for the stream's token counts.</summary>
    public bool AsksForUsage => Inner(RequestField.StreamOptions).Kind == JsonTokenType.True;

    /// <summary>What the client says in <c>chat_template_kwargs.enable_thinking</c>.</summary>
    public bool? EnableThinking => Inner(RequestField.ChatTemplateKwargs).Kind switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => null,
    };

    /// <summary>The format asked for in <c>response_format</c> is plain text, which is none.</summary>
    public bool IsTextFormat => Inner(RequestField.ResponseFormat) is { IsString: true } type && Text(type).Bytes.SequenceEqual("text"u8);

    /// <summary>The number of answers asked for.</summary>
    public long Choices => Integer(this[RequestField.N]) ?? 1;

    /// <summary>Most output tokens that the client asks for, by whichever field; null where it leaves them out.</summary>
    public long? MaxTokens =>
        Integer(this[RequestField.MaxCompletionTokens]) ?? Integer(this[RequestField.MaxTokens]) ?? Integer(this[RequestField.MaxOutputTokens]);

    /// <summary>A whole number; null where it is left out.</summary>
    public long? Integer(JsonToken token) =>
        token.Kind == JsonTokenType.Number && Utf8Parser.TryParse(token.In(Body.Span), out long value, out var used) && used == token.End - token.Start ? value : null;

    /// <summary>A string's text.</summary>
    public JsonText Text(JsonToken token) => JsonText.Of(Body.Span, token);

    /// <summary>Sets a field of the body, in its place where it is there, else as the first.</summary>
    /// <param name="edits">Takes the change.</param>
    /// <param name="field">The field.</param>
    /// <param name="json">Its value.</param>
    public void Set(BodyEdits edits, RequestField field, string json)
    {
        if (this[field].IsThere) edits.Replace(this[field], json);
        else edits.Insert(FieldsStart, $"\"{field.Name()}\":{json},");
    }

    /// <summary>Sets the key that is read inside a field's object, and makes the object where there is none.</summary>
    /// <param name="edits">Takes the change.</param>
    /// <param name="field">The field.</param>
    /// <param name="json">The inner value.</param>
    public void SetInner(BodyEdits edits, RequestField field, string json)
    {
        if (Inner(field).IsThere) edits.Replace(Inner(field), json);
        else if (this[field].Kind == JsonTokenType.StartObject)
            edits.Insert(this[field].Start + 1, $"\"{field.InnerName()}\":{json}{(_emptyObjects[(int)field] ? "" : ",")}");
        else Set(edits, field, $"{{\"{field.InnerName()}\":{json}}}");
    }
}
