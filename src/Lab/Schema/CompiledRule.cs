using Nemotron.Lab.Cel;

namespace Nemotron.Lab.Schema;

/// <summary>One rule of <c>x-kubernetes-validations</c>, compiled against the type of the value it stands on.</summary>
internal sealed class CompiledRule
{
    private CompiledRule(ValidationRule rule) => Rule = rule;

    /// <summary>The rule as written.</summary>
    public ValidationRule Rule { get; }

    /// <summary>The rule's program, or null when it did not compile.</summary>
    public CelProgram? Program { get; private set; }

    /// <summary>The message's program, or null when there is none or it did not compile.</summary>
    public CelProgram? Message { get; private set; }

    /// <summary>Why the rule did not compile, in the server's words, or null.</summary>
    public string? Fault { get; private set; }

    /// <summary>Why the message did not compile, or null.</summary>
    public string? MessageFault { get; private set; }

    /// <summary>Whether this is a transition rule.</summary>
    public bool UsesOldSelf => Program is not null && ExpressionWalk.Uses(Program.Expression.Root, "oldSelf");

    /// <summary>Compiles a rule that stands on a value of type <paramref name="self"/>.</summary>
    public static CompiledRule Compile(ValidationRule rule, CelType self)
    {
        var compiled = new CompiledRule(rule);
        var variables = new Dictionary<string, CelType>(StringComparer.Ordinal)
        {
            ["self"] = self,
            ["oldSelf"] = rule.OptionalOldSelf ? CelType.Optional(self) : self,
        };
        (compiled.Program, compiled.Fault) = TryCompile(rule.Rule, variables, CelType.Bool, "", "cel expression must evaluate to a bool");
        if (rule.MessageExpression is { } message)
            (compiled.Message, compiled.MessageFault) = TryCompile(message, variables, CelType.String, "messageExpression ", "messageExpression must evaluate to a string");
        return compiled;
    }

    private static (CelProgram?, string?) TryCompile(
        string text, Dictionary<string, CelType> variables, CelType expected, string what, string wrongType)
    {
        try
        {
            var program = CelProgram.Compile(text.Trim(), variables);
            return program.Expression.Type.Is(expected) ? (program, null) : (null, wrongType);
        }
        catch (CelCompileException e)
        {
            return (null, $"{what}compilation failed: {e.Message}");
        }
    }
}
