namespace Nemotron.Kube;

/// <summary>A failure that trying again cannot cure. It is counted and logged; the object is reconciled again only when something changes.</summary>
public sealed class TerminalException : Exception
{
    /// <summary>Creates one.</summary>
    /// <param name="message">What is wrong and what would be right.</param>
    /// <param name="innerException">The cause, if any.</param>
    public TerminalException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
