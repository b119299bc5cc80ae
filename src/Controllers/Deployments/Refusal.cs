namespace Nemotron.Controllers.Deployments;

/// <summary>Why something cannot be carried out.</summary>
/// <param name="Reason">A word of <see cref="Nemotron.Crds.ConditionReasons"/>.</param>
/// <param name="Message">The path to the fault, what is wrong, and the fix.</param>
internal sealed record Refusal(string Reason, string Message);
