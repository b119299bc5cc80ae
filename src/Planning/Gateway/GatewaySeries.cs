namespace Nemotron.Planning;

/// <summary>Names of the gateway's series that others read: the gateway writes them, the operator and the command line look for them.</summary>
public static class GatewaySeries
{
    /// <summary>What all of the gateway's series begin with.</summary>
    public const string Prefix = "nemotron_gateway_";

    /// <summary>Requests being served, by mode: a gauge.</summary>
    public const string InFlight = Prefix + "requests_in_flight";

    /// <summary>Requests that have ended, by mode, endpoint and outcome: a counter.</summary>
    public const string Requests = Prefix + "requests_total";

    /// <summary>Output tokens as they stream, by mode: a counter.</summary>
    public const string OutputTokens = Prefix + "output_tokens_total";

    /// <summary>From the request's last byte to the first token, by mode: a histogram in seconds.</summary>
    public const string TimeToFirstToken = Prefix + "time_to_first_token_seconds";

    /// <summary>Requests held because no replica serves: a gauge, of a gateway before a deployment.</summary>
    public const string Held = Prefix + "requests_held";

    /// <summary>1 while new requests are refused because the replica is to stop: a gauge.</summary>
    public const string Draining = Prefix + "draining";
}
