namespace Nemotron.Crds;

/// <summary>The API group of the operator's resources and what is derived from it.</summary>
public static class NemotronApi
{
    /// <summary>The API group.</summary>
    public const string Group = "serving.nemotron.dev";

    /// <summary>The version in which resources are served and stored.</summary>
    public const string Version = "v1alpha1";

    /// <summary><c>apiVersion</c> of every resource of the group.</summary>
    public const string GroupVersion = Group + "/" + Version;

    /// <summary>The category that <c>kubectl get nemotron</c> lists.</summary>
    public const string Category = "nemotron";

    /// <summary>The field manager under which the operator applies objects.</summary>
    public const string FieldManager = "nemotron-operator";
}
