using k8s.Models;
using Nemotron.Controllers.NodePools.Provisioning;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.NodePools;

public class KarpenterSpecTests
{
    [Fact]
    public void A_pool_becomes_a_NodePool_of_Karpenter()
    {
        var pool = APool("h100").With(spec => spec with
        {
            NodeSelector = new Dictionary<string, string> { ["fleet"] = "big", ["karpenter.sh/nodepool"] = "h100" },
            Gpu = new NodeGpuSpec { Product = "H100-SXM", PerNode = 8 },
            MaxNodes = 3,
            Labels = new Dictionary<string, string> { ["team"] = "ml" },
            Taints = [new V1Taint { Key = "nvidia.com/gpu", Effect = "NoSchedule" }],
            Budgets =
            [
                new DisruptionBudget { Nodes = "10%", Reasons = [DisruptionReason.Consolidation], Schedule = "0 8 * * 1-5", Duration = TimeSpan.FromHours(10) },
                new DisruptionBudget { Nodes = "1", Reasons = [DisruptionReason.Repair] },
            ],
            Provisioner = new ProvisionerSpec
            {
                Type = ProvisionerType.Karpenter,
                Karpenter = new KarpenterProvisioner
                {
                    NodeClassRef = new NodeClassReference { Group = "karpenter.k8s.aws", Kind = "EC2NodeClass", Name = "gpu" },
                    Requirements = [new NodeRequirement { Key = "node.kubernetes.io/instance-type", Operator = RequirementOperator.In, Values = ["p5.48xlarge"] }],
                    ExpireAfter = TimeSpan.FromHours(720),
                },
            },
        });

        KarpenterSpec.Of(pool)!.Spec!.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }).ReplaceLineEndings("\n").ShouldBe("""
            {
              "template": {
                "metadata": {
                  "labels": {
                    "fleet": "big",
                    "serving.nemotron.dev/node-pool": "h100",
                    "team": "ml"
                  }
                },
                "spec": {
                  "nodeClassRef": {
                    "group": "karpenter.k8s.aws",
                    "kind": "EC2NodeClass",
                    "name": "gpu"
                  },
                  "requirements": [
                    {
                      "key": "node.kubernetes.io/instance-type",
                      "operator": "In",
                      "values": [
                        "p5.48xlarge"
                      ]
                    }
                  ],
                  "expireAfter": "720h",
                  "taints": [
                    {
                      "key": "nvidia.com/gpu",
                      "effect": "NoSchedule"
                    }
                  ]
                }
              },
              "limits": {
                "nvidia.com/gpu": "24"
              },
              "disruption": {
                "consolidationPolicy": "WhenEmpty",
                "consolidateAfter": "10m",
                "budgets": [
                  {
                    "nodes": "10%",
                    "reasons": [
                      "Empty",
                      "Underutilized"
                    ],
                    "schedule": "0 8 * * 1-5",
                    "duration": "10h"
                  }
                ]
              }
            }
            """.ReplaceLineEndings("\n"));
    }
}
