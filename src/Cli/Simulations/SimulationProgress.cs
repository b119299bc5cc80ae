using System.Globalization;

namespace Nemotron.Cli.Simulations;

/// <summary>A line on standard error that says how far a run is, where a person watches; nothing elsewhere.</summary>
internal sealed class SimulationProgress(Terminal terminal, string what) : IDisposable
{
    private int _shown = -1;

    public void Report(double share)
    {
        var percent = (int)(100 * share);
        if (!terminal.Watched || percent == _shown) return;
        _shown = percent;
        terminal.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\rsimulating {what}: {percent} %"));
    }

    public void Dispose()
    {
        // Leaves no trace before the result.
        if (_shown >= 0) terminal.Error.Write("\r\e[K");
    }
}
