namespace Nemotron.Operator.Tests.Harness;

/// <summary>Kinds that others bring, as far as our manifests use them: enough for a server to judge the fields by name.</summary>
internal static class OutsideKinds
{
    /// <summary>CRDs of the Prometheus operator and cert-manager. Their schemas take anything below spec; what the real ones take is not judged here.</summary>
    public static string All => string.Join("\n---\n", new[]
    {
        ("monitoring.coreos.com", "ServiceMonitor", "servicemonitors"), ("monitoring.coreos.com", "PodMonitor", "podmonitors"), ("monitoring.coreos.com", "PrometheusRule", "prometheusrules"),
        ("cert-manager.io", "Issuer", "issuers"), ("cert-manager.io", "Certificate", "certificates"),
    }.Select(kind => $$$$"""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: {{{{kind.Item3}}}}.{{{{kind.Item1}}}}}
        spec:
          group: {{{{kind.Item1}}}}
          scope: Namespaced
          names: {kind: {{{{kind.Item2}}}}, plural: {{{{kind.Item3}}}}, singular: {{{{kind.Item2.ToLowerInvariant()}}}}, listKind: {{{{kind.Item2}}}}List}
          versions:
            - name: v1
              served: true
              storage: true
              schema:
                openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
        """));
}
