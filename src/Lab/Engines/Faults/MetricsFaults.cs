using System.Text.RegularExpressions;

namespace Nemotron.Lab.Engines;

/// <summary>What can be wrong with a metrics text.</summary>
internal static partial class MetricsFaults
{
    /// <summary>Every family under another name, as an upgrade may bring: <c>trtllm_num_requests_running</c> becomes <c>v2_trtllm_num_requests_running</c>.</summary>
    public static string Rename(string text) => Names().Replace(text, "${before}v2_${name}");

    [GeneratedRegex(@"^(?<before># (?:HELP|TYPE) )?(?<name>[A-Za-z_:][A-Za-z0-9_:]*)", RegexOptions.Multiline)]
    private static partial Regex Names();
}
