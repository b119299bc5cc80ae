// A stand-in until CrdValidation of lab-schema is merged; deleted then.
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Cel;

internal static class CrdValidation
{
    public static IReadOnlyList<StatusCause> Validate(JsonObject crd) => crd.Count >= 0 ? [] : [];
}
