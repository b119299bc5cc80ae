using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>The CustomResourceDefinition of LeaderWorkerSets: the names, fields and defaults of the real one.</summary>
internal static class LeaderWorkerSetDefinition
{
    /// <summary>Creates the definition unless it is there.</summary>
    public static void Ensure(IApi api)
    {
        if (api.Get(BuiltIn.CustomResourceDefinitions, null, $"{Lws.Sets.Plural}.{Lws.Group}") is null)
            api.Create(BuiltIn.CustomResourceDefinitions, null, Definition(), "nemotron-lab");
    }

    /// <summary>The definition, made anew.</summary>
    public static JsonObject Definition() => new()
    {
        ["apiVersion"] = "apiextensions.k8s.io/v1",
        ["kind"] = "CustomResourceDefinition",
        ["metadata"] = new JsonObject { ["name"] = $"{Lws.Sets.Plural}.{Lws.Group}" },
        ["spec"] = new JsonObject
        {
            ["group"] = Lws.Group,
            ["scope"] = "Namespaced",
            ["names"] = new JsonObject
            {
                ["kind"] = Lws.Kind,
                ["listKind"] = "LeaderWorkerSetList",
                ["plural"] = Lws.Sets.Plural,
                ["singular"] = "leaderworkerset",
                ["shortNames"] = new JsonArray("lws"),
            },
            ["versions"] = new JsonArray(new JsonObject
            {
                ["name"] = Lws.Sets.Version,
                ["served"] = true,
                ["storage"] = true,
                ["additionalPrinterColumns"] = JsonNode.Parse("""
                    [
                      { "name": "Ready", "type": "integer", "jsonPath": ".status.readyReplicas", "description": "Groups that are ready" },
                      { "name": "Desired", "type": "integer", "jsonPath": ".spec.replicas", "description": "Groups that are wanted" },
                      { "name": "Up-to-date", "type": "integer", "jsonPath": ".status.updatedReplicas", "description": "Groups of the present template" },
                      { "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp" }
                    ]
                    """),
                ["subresources"] = JsonNode.Parse("""
                    { "status": {}, "scale": { "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas", "labelSelectorPath": ".status.hpaPodSelector" } }
                    """),
                ["schema"] = new JsonObject { ["openAPIV3Schema"] = Schema() },
            }),
        },
    };

    private static JsonObject Schema()
    {
        var schema = (JsonObject)JsonNode.Parse("""
            {
              "type": "object",
              "description": "Groups of pods, each a leader and its workers, that start, fail and are updated as one.",
              "properties": {
                "apiVersion": { "type": "string" },
                "kind": { "type": "string" },
                "metadata": { "type": "object" },
                "spec": {
                  "type": "object",
                  "required": ["leaderWorkerTemplate"],
                  "properties": {
                    "replicas": { "type": "integer", "format": "int32", "default": 1, "minimum": 0, "maximum": 1000000, "description": "How many groups there are." },
                    "startupPolicy": {
                      "type": "string", "default": "LeaderCreated", "enum": ["LeaderCreated", "LeaderReady"],
                      "description": "Whether workers start with their leader or once it is ready."
                    },
                    "networkConfig": {
                      "type": "object",
                      "required": ["subdomainPolicy"],
                      "properties": {
                        "subdomainPolicy": { "type": "string", "enum": ["Shared", "UniquePerReplica"], "description": "Whether all groups share one headless Service or each has its own." }
                      }
                    },
                    "rolloutStrategy": {
                      "type": "object",
                      "required": ["type"],
                      "properties": {
                        "type": { "type": "string", "default": "RollingUpdate", "enum": ["RollingUpdate"] },
                        "rollingUpdateConfiguration": {
                          "type": "object",
                          "properties": {
                            "partition": { "type": "integer", "format": "int32", "default": 0, "description": "Groups below this number are not updated." },
                            "maxUnavailable": { "x-kubernetes-int-or-string": true, "anyOf": [{ "type": "integer" }, { "type": "string" }], "default": 1 },
                            "maxSurge": { "x-kubernetes-int-or-string": true, "anyOf": [{ "type": "integer" }, { "type": "string" }], "default": 0 }
                          }
                        }
                      }
                    },
                    "leaderWorkerTemplate": {
                      "type": "object",
                      "required": ["workerTemplate"],
                      "properties": {
                        "size": { "type": "integer", "format": "int32", "default": 1, "description": "Pods in a group, the leader included." },
                        "restartPolicy": {
                          "type": "string", "default": "RecreateGroupOnPodRestart",
                          "enum": ["Default", "RecreateGroupOnPodRestart", "RecreateGroupAfterStart", "None"],
                          "description": "What becomes of a group of which a pod restarts or goes."
                        },
                        "subGroupPolicy": {
                          "type": "object",
                          "properties": {
                            "subGroupPolicyType": { "type": "string", "default": "LeaderWorker", "enum": ["LeaderWorker", "LeaderExcluded"] },
                            "subGroupSize": { "type": "integer", "format": "int32" }
                          }
                        },
                        "persistentVolumeClaimRetentionPolicy": {
                          "type": "object",
                          "properties": { "whenDeleted": { "type": "string" }, "whenScaled": { "type": "string" } }
                        }
                      }
                    }
                  }
                },
                "status": {
                  "type": "object",
                  "properties": {
                    "conditions": {
                      "type": "array",
                      "x-kubernetes-list-type": "map",
                      "x-kubernetes-list-map-keys": ["type"],
                      "items": {
                        "type": "object",
                        "required": ["lastTransitionTime", "message", "reason", "status", "type"],
                        "properties": {
                          "type": { "type": "string", "maxLength": 316 },
                          "status": { "type": "string", "enum": ["True", "False", "Unknown"] },
                          "observedGeneration": { "type": "integer", "format": "int64", "minimum": 0 },
                          "lastTransitionTime": { "type": "string", "format": "date-time" },
                          "reason": { "type": "string", "minLength": 1, "maxLength": 1024 },
                          "message": { "type": "string", "maxLength": 32768 }
                        }
                      }
                    },
                    "hpaPodSelector": { "type": "string" },
                    "observedGeneration": { "type": "integer", "format": "int64" },
                    "readyReplicas": { "type": "integer", "format": "int32" },
                    "replicas": { "type": "integer", "format": "int32" },
                    "updatedReplicas": { "type": "integer", "format": "int32" }
                  }
                }
              }
            }
            """)!;
        var template = schema.Obj("properties", "spec", "properties", "leaderWorkerTemplate", "properties")!;
        template["leaderTemplate"] = PodTemplateSchema.Template();
        template["workerTemplate"] = PodTemplateSchema.Template();
        template["volumeClaimTemplates"] = new JsonObject { ["type"] = "array", ["items"] = PodTemplateSchema.Claim() };
        return schema;
    }
}
