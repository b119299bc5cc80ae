namespace Nemotron.Lab.Cel;

/// <summary>A compiled expression. Immutable and thread-safe.</summary>
internal sealed class CelProgram
{
    /// <summary>What one evaluation may cost, in the server's units.</summary>
    public const long PerCallBudget = 1_000_000;

    private CelProgram(string source, CheckedExpression expression) => (Source, Expression) = (source, expression);

    /// <summary>The text it was compiled from.</summary>
    public string Source { get; }

    /// <summary>The expression and its types.</summary>
    public CheckedExpression Expression { get; }

    /// <summary>Parses and checks.</summary>
    /// <param name="source">The expression.</param>
    /// <param name="variables">The types of the variables it may use.</param>
    /// <exception cref="CelCompileException">It does not parse or type-check.</exception>
    public static CelProgram Compile(string source, IReadOnlyDictionary<string, CelType> variables)
    {
        var root = Parser.Parse(source);
        return new CelProgram(source, Checker.Check(root, source, variables));
    }

    /// <summary>Evaluates.</summary>
    /// <param name="variables">The values of the variables.</param>
    /// <param name="budget">The most it may cost.</param>
    /// <exception cref="CelEvaluationException">It ended in an error.</exception>
    /// <exception cref="CelBudgetException">It cost more than <paramref name="budget"/>.</exception>
    public object Evaluate(IReadOnlyDictionary<string, object> variables, long budget = PerCallBudget) => Evaluate(variables, budget, out _);

    /// <inheritdoc cref="Evaluate(IReadOnlyDictionary{string, object}, long)"/>
    /// <param name="variables">The values of the variables.</param>
    /// <param name="budget">The most it may cost.</param>
    /// <param name="cost">What it cost.</param>
    public object Evaluate(IReadOnlyDictionary<string, object> variables, long budget, out long cost)
    {
        var evaluator = new Evaluator(variables, budget);
        try
        {
            var value = evaluator.Evaluate(Expression.Root);
            return value is CelError error ? throw new CelEvaluationException(error.Message) : value;
        }
        finally
        {
            cost = evaluator.Cost;
        }
    }
}
