using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>The JSON of OpenAI answers: whole ones and the pieces of streams.</summary>
/// <param name="settings">The engine's settings.</param>
/// <param name="parts">What of the text is shown where.</param>
/// <param name="chat">Whether it is a conversation, not a plain completion.</param>
/// <param name="id">The answer's id.</param>
/// <param name="created">When it was begun.</param>
internal sealed class OpenAiAnswers(EngineSettings settings, AnswerParts parts, bool chat, string id, DateTimeOffset created)
{
    /// <summary>The whole answer.</summary>
    public JsonObject Whole(EngineRequest request)
    {
        var answer = Frame(chat ? "chat.completion" : "text_completion");
        answer["choices"] = new JsonArray([.. request.Choices.Select((choice, index) => chat ? ChatChoice(choice.Script, index) : TextChoice(choice.Script, index, choice.Script.Text(0, choice.Script.Length), ended: true))]);
        answer["usage"] = Usage(request, request.OutputTokens);
        return answer;
    }

    /// <summary>The first piece of a choice: it says whose turn it is. Null for a plain completion.</summary>
    public JsonObject? First(int index) => chat ? Piece(index, new() { ["role"] = "assistant", ["content"] = "" }, null, null) : null;

    /// <summary>The piece with the tokens from one place up to another; null when they show nothing yet.</summary>
    public JsonObject? Tokens(AnswerScript script, int index, int from, int to)
    {
        if (!chat)
        {
            var answer = Frame("text_completion");
            answer["choices"] = new JsonArray(TextChoice(script, index, script.Text(from, to), ended: false));
            return answer;
        }

        var delta = new JsonObject();
        if (parts.Reasoning(script, from, to) is { } reasoning) delta["reasoning_content"] = reasoning;
        if (parts.Content(script, from, to) is { } content) delta["content"] = content;
        return delta.Count == 0 ? null : Piece(index, delta, null, null);
    }

    /// <summary>The last piece of a choice: calls of tools if there are any, and why it ended.</summary>
    public JsonObject Last(AnswerScript script, int index)
    {
        if (!chat)
        {
            var answer = Frame("text_completion");
            answer["choices"] = new JsonArray(TextChoice(script, index, "", ended: true));
            return answer;
        }

        var delta = new JsonObject();
        if (parts.ParsesTools && script.Calls.Count > 0) delta["tool_calls"] = Calls(script, indexed: true);
        return Piece(index, delta, parts.Finish(script), script.Stop);
    }

    /// <summary>The piece with the token counts.</summary>
    public JsonObject UsagePiece(EngineRequest request)
    {
        var answer = Frame(chat ? "chat.completion.chunk" : "text_completion");
        answer["choices"] = new JsonArray();
        answer["usage"] = Usage(request, request.OutputTokens);
        return answer;
    }

    private JsonObject Frame(string kind) => new()
    {
        ["id"] = id,
        ["object"] = kind,
        ["created"] = created.ToUnixTimeSeconds(),
        ["model"] = settings.ServedName,
    };

    private JsonObject Piece(int index, JsonObject delta, string? finish, string? stop)
    {
        var answer = Frame("chat.completion.chunk");
        answer["choices"] = new JsonArray(new JsonObject { ["index"] = index, ["delta"] = delta, ["logprobs"] = null, ["finish_reason"] = finish, ["stop_reason"] = stop });
        return answer;
    }

    private JsonObject ChatChoice(AnswerScript script, int index)
    {
        var message = new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = parts.Content(script, 0, script.Length) ?? (script.Calls.Count > 0 && parts.ParsesTools ? null : ""),
            ["reasoning_content"] = parts.Reasoning(script, 0, script.Length),
            ["tool_calls"] = parts.ParsesTools ? Calls(script, indexed: false) : new JsonArray(),
        };
        return new() { ["index"] = index, ["message"] = message, ["logprobs"] = null, ["finish_reason"] = parts.Finish(script), ["stop_reason"] = script.Stop };
    }

    private JsonObject TextChoice(AnswerScript script, int index, string text, bool ended) => new()
    {
        ["index"] = index,
        ["text"] = text,
        ["logprobs"] = null,
        ["finish_reason"] = ended ? parts.Finish(script) : null,
        ["stop_reason"] = ended ? script.Stop : null,
    };

    private JsonArray Calls(AnswerScript script, bool indexed) => new([.. script.Calls.Select((call, at) =>
    {
        var json = new JsonObject
        {
            ["id"] = string.Create(CultureInfo.InvariantCulture, $"chatcmpl-tool-{id[^12..]}{at}"),
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments },
        };
        if (indexed) json.Insert(0, "index", at);
        return json;
    })]);

    private static JsonObject Usage(EngineRequest request, int written) => new()
    {
        ["prompt_tokens"] = request.PromptTokens,
        ["total_tokens"] = request.PromptTokens + written,
        ["completion_tokens"] = written,
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = 0 },
    };
}
