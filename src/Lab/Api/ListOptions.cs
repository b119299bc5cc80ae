using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Api;

/// <summary>The query of a list, watch or deletecollection, checked as the server checks it.</summary>
internal sealed record ListOptions
{
    public LabelSelector Labels { get; init; } = LabelSelector.Everything;

    public FieldSelector Fields { get; init; } = FieldSelector.Everything;

    /// <summary>Objects per page; 0 for all.</summary>
    public int Limit { get; init; }

    public string? Continue { get; init; }

    /// <summary>As sent: empty, <c>0</c> or a revision.</summary>
    public string ResourceVersion { get; init; } = "";

    /// <summary><c>Exact</c>, <c>NotOlderThan</c> or empty.</summary>
    public string Match { get; init; } = "";

    public bool Watch { get; init; }

    public bool AllowBookmarks { get; init; }

    public bool SendInitialEvents { get; init; }

    /// <summary>When the server ends a watch; null for its own choice.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <exception cref="ApiException">400 or 422 for what makes no sense.</exception>
    public static ListOptions Read(IQueryCollection query, ServedResource resource)
    {
        var options = new ListOptions
        {
            Labels = LabelSelector.Parse(query["labelSelector"]),
            Fields = FieldSelector.Parse(query["fieldSelector"], resource),
            Limit = (int)(Number(query["limit"], "limit") ?? 0),
            Continue = query["continue"].ToString() is { Length: > 0 } token ? token : null,
            ResourceVersion = query["resourceVersion"].ToString(),
            Match = query["resourceVersionMatch"].ToString(),
            Watch = Flag(query["watch"]),
            AllowBookmarks = Flag(query["allowWatchBookmarks"]),
            SendInitialEvents = Flag(query["sendInitialEvents"]),
            Timeout = Number(query["timeoutSeconds"], "timeoutSeconds") is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : null,
        };
        options.EnsureSensible(query.ContainsKey("sendInitialEvents"));
        return options;
    }

    /// <summary>The revision asked for; 0 for none or any.</summary>
    /// <exception cref="ApiException">500 for what is no number, as the real server answers.</exception>
    public long Revision
    {
        get
        {
            if (ResourceVersion.Length == 0) return 0;
            return long.TryParse(ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out long revision)
                ? revision
                : throw new ApiException(500, "", $"resourceVersion: Invalid value: \"{ResourceVersion}\": strconv.ParseUint: parsing \"{ResourceVersion}\": invalid syntax");
        }
    }

    public static bool Flag(string? text) => text is "true" or "1" or "True" or "t";

    private void EnsureSensible(bool initialEventsGiven)
    {
        if (Watch && initialEventsGiven)
        {
            if (Match != "NotOlderThan") throw Forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
            return;
        }
        if (Watch)
        {
            if (Match.Length > 0) throw Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
            return;
        }
        if (initialEventsGiven) throw Forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
        if (Match.Length == 0) return;
        if (Match is not ("Exact" or "NotOlderThan"))
        {
            throw ApiErrors.InvalidOptions("ListOptions", new("resourceVersionMatch", "FieldValueNotSupported",
                $"Unsupported value: \"{Match}\": supported values: \"Exact\", \"NotOlderThan\""));
        }
        if (ResourceVersion.Length == 0) throw Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
        if (Continue is not null) throw Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
        if (Match == "Exact" && ResourceVersion == "0") throw Forbidden("resourceVersionMatch", "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"");
    }

    private static ApiException Forbidden(string field, string why) =>
        ApiErrors.InvalidOptions("ListOptions", new(field, "FieldValueForbidden", $"Forbidden: {why}"));

    private static long? Number(string? text, string name)
    {
        if (string.IsNullOrEmpty(text)) return null;
        return long.TryParse(text, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw ApiErrors.BadRequest($"strconv.ParseInt: parsing \"{text}\": invalid syntax ({name})");
    }
}
