namespace Nemotron.Kube;

/// <summary>A check of health or readiness. Register as a service to add one to <c>/healthz</c> or <c>/readyz</c>.</summary>
public interface IKubeCheck
{
    /// <summary>The check's name in the answer: lower case, no spaces.</summary>
    string Name { get; }

    /// <summary>Whether it belongs to <c>/readyz</c>; otherwise to <c>/healthz</c>, whose failure gets the process restarted.</summary>
    bool IsReadiness { get; }

    /// <summary>Checks, quickly and from memory.</summary>
    /// <returns>Null when well, else why not, in a sentence.</returns>
    string? Check();
}

/// <summary>A check made of a function.</summary>
internal sealed class KubeCheck(string name, bool isReadiness, Func<string?> check) : IKubeCheck
{
    public string Name => name;

    public bool IsReadiness => isReadiness;

    public string? Check() => check();
}
