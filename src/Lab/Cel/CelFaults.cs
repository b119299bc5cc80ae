using System.Text;

namespace Nemotron.Lab.Cel;

/// <summary>One fault of an expression's text.</summary>
/// <param name="Offset">Where, as an index into the text.</param>
/// <param name="Message">What, in the words of the server's CEL library.</param>
internal sealed record CelIssue(int Offset, string Message)
{
    /// <summary>The fault with its place drawn under the line, as the server prints it.</summary>
    public string Render(string source)
    {
        var start = Offset == 0 ? 0 : source.LastIndexOf('\n', Math.Min(Offset, source.Length) - 1) + 1;
        var end = source.IndexOf('\n', start);
        var line = (end < 0 ? source[start..] : source[start..end]).Replace('\t', ' ');
        var number = source.AsSpan(0, start).Count('\n') + 1;
        var column = Math.Min(Offset, source.Length) - start;
        return new StringBuilder()
            .Append($"ERROR: <input>:{number}:{column + 1}: {Message}\n")
            .Append(" | ").Append(line).Append('\n')
            .Append(" | ").Append('.', column).Append('^')
            .ToString();
    }
}

/// <summary>An expression that does not parse or type-check.</summary>
/// <param name="source">The expression.</param>
/// <param name="issues">What is wrong with it, at least one.</param>
internal sealed class CelCompileException(string source, IReadOnlyList<CelIssue> issues)
    : Exception(string.Join("\n", issues.OrderBy(i => i.Offset).Select(i => i.Render(source))))
{
    /// <summary>What is wrong.</summary>
    public IReadOnlyList<CelIssue> Issues { get; } = issues;
}

/// <summary>An evaluation that ended in an error: division by zero, no such key, no such overload, …</summary>
internal sealed class CelEvaluationException(string message) : Exception(message);

/// <summary>An evaluation stopped because it cost more than its budget.</summary>
internal sealed class CelBudgetException() : Exception("operation cancelled: actual cost limit exceeded");
