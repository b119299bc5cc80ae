using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Nodes;

/// <summary>How long a preStop hook takes where no process stands behind the container.</summary>
internal static class PreStop
{
    /// <summary>The hook's sleep: <c>sleep.seconds</c>, or <c>exec</c> of <c>sleep N</c>; zero for any other.</summary>
    public static TimeSpan Sleep(JsonObject container)
    {
        if (container.Whole("lifecycle", "preStop", "sleep", "seconds") is { } seconds) return TimeSpan.FromSeconds(seconds);
        return container.Texts("lifecycle", "preStop", "exec", "command").ToList() is ["sleep" or "/bin/sleep", var text]
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var spelled) && spelled is >= 0 and < 1e6
            ? TimeSpan.FromSeconds(spelled)
            : TimeSpan.Zero;
    }
}
