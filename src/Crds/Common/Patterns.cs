namespace Nemotron.Crds;

/// <summary>Regular expressions of the schemas, in the common part of RE2 and .NET.</summary>
internal static class Patterns
{
    /// <summary>An RFC 1123 label: what names Services, pods' labels and most objects.</summary>
    internal const string DnsLabel = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

    /// <summary>An RFC 1123 subdomain.</summary>
    internal const string DnsSubdomain = @"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

    /// <summary>A catalogue entry or object name: <c>Super-v1.5</c>, <c>my-model</c>.</summary>
    internal const string ModelName = "^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$";

    /// <summary>A label value: empty, or at most 63 characters that begin and end with a letter or digit.</summary>
    internal const string LabelValue = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$";

    /// <summary>A label or annotation key, with or without a prefix.</summary>
    internal const string QualifiedName = @"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$";

    /// <summary>An absolute path without a climbing part.</summary>
    internal const string AbsolutePath = @"^(/([^/.\x00][^/\x00]*|\.[^/.\x00][^/\x00]*|\.\.[^/\x00]+))+/?$";

    /// <summary>A relative path without a climbing part.</summary>
    internal const string RelativePath = @"^([^/.\x00][^/\x00]*|\.[^/.\x00][^/\x00]*|\.\.[^/\x00]+)(/([^/.\x00][^/\x00]*|\.[^/.\x00][^/\x00]*|\.\.[^/\x00]+))*/?$";

    /// <summary>A Hugging Face repository: <c>nvidia/Llama-3_3-Nemotron-Super-49B-v1</c>.</summary>
    internal const string HuggingFaceId = "^[A-Za-z0-9][-A-Za-z0-9_.]*/[A-Za-z0-9][-A-Za-z0-9_.]*$";

    /// <summary>The name of one of the engine's parsers, such as <c>nano-v3</c> or <c>qwen3_coder</c>.</summary>
    internal const string ParserName = "^[A-Za-z0-9][-A-Za-z0-9_.]*$";

    /// <summary>A release of TensorRT-LLM, such as <c>1.2.0</c> or <c>1.3.0rc11</c>.</summary>
    internal const string TrtLlmRelease = @"^[0-9]{1,4}(\.[0-9]{1,4}){1,2}(rc[0-9]{1,4})?$";

    /// <summary>The durations that the schemas take, a part of what <see cref="Duration.Parse"/> reads: not negative, units from milliseconds to hours.</summary>
    internal const string Duration = @"^(0|([0-9]{1,6}(\.[0-9]{1,3})?(ms|s|m|h)){1,4})$";

    /// <summary>A Kubernetes quantity that is not negative.</summary>
    internal const string Quantity = @"^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)(([KMGTPE]i)|[numkMGTPE]|([eE][-+]?[0-9]+))?$";

    /// <summary>A percentage as text.</summary>
    internal const string Percent = "^(100|[1-9]?[0-9])%$";
}
