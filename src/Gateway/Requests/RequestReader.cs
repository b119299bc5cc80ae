using System.Text.Json;
using System.Text.Unicode;
using Nemotron.Gateway.Json;

namespace Nemotron.Gateway.Requests;

/// <summary>Finds the places of a request's fields, and refuses what is no request.</summary>
internal static class RequestReader
{
    /// <summary>Reads a request.</summary>
    /// <param name="endpoint">What it is for.</param>
    /// <param name="body">The whole body.</param>
    /// <param name="maxDepth">Deepest nesting of the JSON.</param>
    /// <exception cref="BadRequestException">The body is no JSON, or a field that is read has a type that no engine takes.</exception>
    public static InferenceRequest Read(ApiEndpoint endpoint, ReadOnlyMemory<byte> body, int maxDepth)
    {
        if (body.IsEmpty) throw Malformed("The body is empty; a JSON object is expected.");
        if (!Utf8.IsValid(body.Span)) throw Malformed("The body is not UTF-8.");
        var request = new InferenceRequest(endpoint, body);
        var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) throw Malformed("The body must be a JSON object.");
            request.FieldsStart = (int)reader.BytesConsumed;
            ReadFields(ref reader, request);
            // Nothing may follow the object; the reader throws on what is there.
            while (reader.Read()) { }
            request.Turns = TurnReader.Read(request, maxDepth);
        }
        catch (JsonException error)
        {
            throw Malformed(error.Message.Contains("depth", StringComparison.OrdinalIgnoreCase)
                ? $"The body is nested deeper than {maxDepth}."
                : $"The body is not valid JSON: line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}.");
        }
        catch (InvalidOperationException)
        {
            // What the reader says of a key or a role that it cannot compare.
            throw BadRequestException.HalfCharacter();
        }

        Check(request);
        return request;
    }

    internal static BadRequestException Malformed(string message) => new(message, null, "invalid_json");

    internal static BadRequestException WrongType(string field, string expected) => new($"'{field}' must be {expected}.", field, "invalid_type");

    private static void ReadFields(ref Utf8JsonReader reader, InferenceRequest request)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = RequestFields.Find(ref reader);
            reader.Read();
            if (field is not { } known)
            {
                reader.Skip();
                continue;
            }

            if (known.InnerName() is { } inner && reader.TokenType == JsonTokenType.StartObject) request[known] = ReadObject(ref reader, request, known, inner);
            else
            {
                request.SetInner(known, default, false);
                if (known == RequestField.ChatTemplateKwargs) request.KwargsRuleTemplate = false;
                request[known] = JsonToken.Read(ref reader);
            }
        }
    }

    private static JsonToken ReadObject(ref Utf8JsonReader reader, InferenceRequest request, RequestField field, string innerName)
    {
        var start = (int)reader.TokenStartIndex;
        JsonToken inner = default;
        bool isEmpty = true, rules = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isEmpty = false;
            var wanted = reader.ValueTextEquals(innerName);
            rules |= field == RequestField.ChatTemplateKwargs && RulesTemplate(ref reader);
            reader.Read();
            var value = JsonToken.Read(ref reader);
            if (wanted) inner = value;
        }

        request.SetInner(field, inner, isEmpty);
        if (field == RequestField.ChatTemplateKwargs) request.KwargsRuleTemplate = rules;
        return new JsonToken(JsonTokenType.StartObject, start, (int)reader.BytesConsumed);
    }

    private static bool RulesTemplate(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals(RequestField.ChatTemplate.Name()) || reader.ValueTextEquals(RequestField.ContinueFinalMessage.Name())
        || reader.ValueTextEquals(RequestField.AddGenerationPrompt.Name());

    private static void Check(InferenceRequest request)
    {
        Bool(request[RequestField.Stream], RequestField.Stream.Name());
        foreach (var field in (ReadOnlySpan<RequestField>)[RequestField.StreamOptions, RequestField.ChatTemplateKwargs, RequestField.Nvext])
            if (request[field] is { IsLeftOut: false, Kind: not JsonTokenType.StartObject }) throw WrongType(field.Name(), "an object");
        Bool(request.Inner(RequestField.StreamOptions), "stream_options.include_usage");
        Bool(request.Inner(RequestField.ChatTemplateKwargs), "chat_template_kwargs.enable_thinking");
        Number(request, RequestField.Temperature);
        Number(request, RequestField.TopP);
        foreach (var field in (ReadOnlySpan<RequestField>)[RequestField.N, RequestField.MaxTokens, RequestField.MaxCompletionTokens, RequestField.MaxOutputTokens])
            Whole(request, request[field], field.Name());
        Whole(request, request[RequestField.ThinkingTokenBudget], RequestField.ThinkingTokenBudget.Name());
        Whole(request, request.Inner(RequestField.Nvext), "nvext.max_thinking_tokens");
        // Anything but false, since an engine may take it for true.
        if (request.Endpoint == ApiEndpoint.Responses && request[RequestField.Background] is { IsLeftOut: false, Kind: not JsonTokenType.False })
            throw new BadRequestException(
                "'background' cannot be served: what the engine does behind an answered request is not counted and would be lost when the replica stops. Leave it out, and stream the answer.",
                "background", "unsupported_value");
        if (request.Endpoint == ApiEndpoint.Completions && !request[RequestField.Prompt].IsThere)
            throw new BadRequestException("'prompt' is required.", "prompt", "missing_field");
    }

    private static void Bool(JsonToken token, string name)
    {
        if (token is { IsLeftOut: false, Kind: not (JsonTokenType.True or JsonTokenType.False) }) throw WrongType(name, "true or false");
    }

    private static void Number(InferenceRequest request, RequestField field)
    {
        if (request[field] is { IsLeftOut: false, Kind: not JsonTokenType.Number }) throw WrongType(field.Name(), "a number");
    }

    private static void Whole(InferenceRequest request, JsonToken token, string name)
    {
        if (!token.IsLeftOut && request.Integer(token) is null) throw WrongType(name, "a whole number");
    }
}
