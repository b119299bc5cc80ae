namespace Nemotron.Conformance.Envtest;

/// <summary>A real control plane could not be started; the message says why and what would help.</summary>
internal sealed class EnvtestFault(string message) : Exception(message);
