namespace Nemotron.Lab.Api;

/// <summary>What to do with fields the schema does not know and with duplicated keys.</summary>
internal enum FieldValidation { Warn, Ignore, Strict }

/// <summary>A change that a client asks for, apart from the body.</summary>
internal sealed record WriteRequest
{
    public required ServedResource Resource { get; init; }

    /// <summary>The namespace of the path, or null for cluster scope.</summary>
    public string? Namespace { get; init; }

    /// <summary>The name of the path; empty for a creation.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>status</c>, <c>scale</c>, … or null for the object itself.</summary>
    public string? Subresource { get; init; }

    /// <summary>All steps but the write itself.</summary>
    public bool DryRun { get; init; }

    /// <summary>Who is recorded in <c>managedFields</c>.</summary>
    public required string FieldManager { get; init; }

    public FieldValidation Validation { get; init; } = FieldValidation.Warn;

    /// <summary>Sentences for the answer's <c>Warning</c> headers; filled while the request is worked on.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>What the client calls itself.</summary>
    public string UserAgent { get; init; } = "";

    /// <summary>Who asks; null for the Lab's own controllers.</summary>
    public Access.UserInfo? User { get; init; }
}
