namespace Nemotron.Planning.Simulation;

/// <summary>What is certain of a run that is not over: its outcome is neither cheaper nor better.</summary>
/// <param name="GpuHours">GPU-hours so far.</param>
/// <param name="Goodput">The goodput if every request whose fate is open becomes a good one, in [0, 1].</param>
public readonly record struct FleetStanding(double GpuHours, double Goodput);
