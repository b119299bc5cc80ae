using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Kube;

/// <summary>A Lease as the election needs it.</summary>
/// <param name="Holder">Who holds it; empty: nobody.</param>
/// <param name="DurationSeconds">How long others wait for a silent holder, as the holder wrote it.</param>
/// <param name="AcquireTime">When the holder got it (metav1.MicroTime), by the holder's clock: for people only.</param>
/// <param name="RenewTime">When the holder renewed it last, by the holder's clock: only whether it changes counts.</param>
/// <param name="Transitions">How often the holder changed.</param>
internal sealed record LeaseRecord(string Holder, int DurationSeconds, string AcquireTime, string RenewTime, int Transitions)
{
    /// <summary>Reads <c>spec</c> of a Lease; what is missing is empty or zero.</summary>
    internal static LeaseRecord Of(JsonObject lease)
    {
        var spec = lease["spec"] as JsonObject;
        return new LeaseRecord(
            Text(spec, "holderIdentity"), Number(spec, "leaseDurationSeconds"), Text(spec, "acquireTime"), Text(spec, "renewTime"), Number(spec, "leaseTransitions"));
    }

    /// <summary>Writes it into <c>spec</c> of a Lease, leaving what others may have put there.</summary>
    internal void WriteTo(JsonObject lease)
    {
        if (lease["spec"] is not JsonObject spec)
        {
            lease["spec"] = spec = [];
        }

        spec["holderIdentity"] = Holder;
        spec["leaseDurationSeconds"] = DurationSeconds;
        spec["acquireTime"] = AcquireTime;
        spec["renewTime"] = RenewTime;
        spec["leaseTransitions"] = Transitions;
    }

    private static string Text(JsonObject? spec, string name) => spec?[name]?.ToString() ?? "";

    private static int Number(JsonObject? spec, string name) =>
        int.TryParse(spec?[name]?.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var n) ? n : 0;
}
