// Stand-ins until what is still being written on lab-schema and lab-patch is merged; deleted then.
#pragma warning disable CA1801, IDE0060, CA1822
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Cel
{
    internal static class CrdValidation
    {
        public static IReadOnlyList<StatusCause> Validate(JsonObject crd) => [];
    }
}

namespace Nemotron.Lab.Kinds
{
    internal static class PendingKindRules
    {
        public static IReadOnlyList<StatusCause> Validate(this BuiltinKind kind, JsonObject obj, JsonObject? old) => [];

        public static void Default(this BuiltinKind kind, JsonObject obj)
        {
            if (kind.Kind == "Namespace")
            {
                obj["spec"] ??= new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
                if (obj["status"] is not JsonObject { Count: > 0 }) obj["status"] = new JsonObject { ["phase"] = "Active" };
                if (obj.Metadata()["labels"] is not JsonObject labels) obj.Metadata()["labels"] = labels = [];
                labels["kubernetes.io/metadata.name"] = obj.Name();
            }
            if (kind.Kind == "Pod" && obj["status"]?["phase"] is null) obj["status"] = new JsonObject { ["phase"] = "Pending" };
        }
    }
}
