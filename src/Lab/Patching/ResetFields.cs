namespace Nemotron.Lab.Patching;

/// <summary>Fields that a write through one door cannot change, so that the writer does not come to own them.</summary>
internal static class ResetFields
{
    /// <summary><c>status</c>: what a write to the object itself leaves alone when the kind has a status subresource.</summary>
    public static FieldSet Status { get; } = FieldSet.OfFields("status");

    /// <summary>What a write to a custom resource's status leaves alone.</summary>
    public static FieldSet AllButStatus { get; } = FieldSet.OfFields("metadata", "spec");

    /// <summary>The fields for a custom resource, or null for none.</summary>
    /// <param name="hasStatus">Whether its version declares the status subresource.</param>
    /// <param name="subresource">The subresource written through, or null.</param>
    public static FieldSet? ForCustomResource(bool hasStatus, string? subresource) =>
        subresource == "status" ? AllButStatus : hasStatus ? Status : null;
}
