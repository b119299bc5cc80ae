namespace Nemotron.Lab.Cel;

/// <summary>Parses CEL text by recursive descent. Message literals are refused: a CRD has no message types to build.</summary>
internal sealed class Parser
{
    private const int MaxDepth = 250; // as the server's own parser has it
    private const int MaxLength = 100_000;
    private const string StartOfExpression =
        "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
    };

    private static readonly Dictionary<string, string>[] Levels =
    [
        new() { ["||"] = Operators.Or },
        new() { ["&&"] = Operators.And },
        new()
        {
            ["=="] = Operators.Equal, ["!="] = Operators.NotEqual, ["<"] = Operators.Less, ["<="] = Operators.LessEqual,
            [">"] = Operators.Greater, [">="] = Operators.GreaterEqual, ["in"] = Operators.In,
        },
        new() { ["+"] = Operators.Add, ["-"] = Operators.Subtract },
        new() { ["*"] = Operators.Multiply, ["/"] = Operators.Divide, ["%"] = Operators.Modulo },
    ];

    private readonly string _source;
    private readonly List<Token> _tokens;
    private int _at;
    private int _depth;

    private Parser(string source)
    {
        _source = source;
        if (source.Length > MaxLength)
            throw new CelCompileException("", [new CelIssue(0, $"expression code point size exceeds limit: size: {source.Length}, limit {MaxLength}")]);
        _tokens = new Lexer(source).Read();
    }

    private Token Current => _tokens[_at];

    /// <summary>The expression.</summary>
    /// <exception cref="CelCompileException">The text is no CEL expression.</exception>
    public static Expr Parse(string source)
    {
        var parser = new Parser(source);
        var expr = parser.Expression();
        if (parser.Current.Kind != TokenKind.End) throw parser.Unexpected("<EOF>", extraneous: true);
        return expr;
    }

    private Expr Expression()
    {
        if (++_depth > MaxDepth) throw Fault(Current.Offset, $"expression recursion limit exceeded: {MaxDepth}");
        var condition = Binary(0);
        if (IsSign("?"))
        {
            var at = Take().Offset;
            var whenTrue = Binary(0);
            Expect(":");
            var whenFalse = Expression();
            condition = Bounded(new Call(at, Operators.Conditional, null, [condition, whenTrue, whenFalse]));
        }
        _depth--;
        return condition;
    }

    private Expr Binary(int level)
    {
        if (level == Levels.Length) return Unary();
        var left = Binary(level + 1);
        while ((Current.Kind == TokenKind.Sign || Current.Text == "in") && Current.Kind != TokenKind.Constant
            && Levels[level].TryGetValue(Current.Text, out var function))
        {
            var at = Take().Offset;
            left = Bounded(new Call(at, function, null, [left, Binary(level + 1)]));
        }
        return left;
    }

    private Expr Unary()
    {
        if (!IsSign("!") && !IsSign("-")) return Member(Primary());
        var sign = Take();
        if (sign.Text == "-" && Current.Kind == TokenKind.Integer)
        {
            var token = Take();
            var magnitude = (ulong)token.Value!;
            if (magnitude > (ulong)long.MaxValue + 1) throw Fault(sign.Offset, "invalid int literal");
            return Member(new Literal(sign.Offset, magnitude == (ulong)long.MaxValue + 1 ? long.MinValue : -(long)magnitude));
        }
        if (sign.Text == "-" && Current is { Kind: TokenKind.Constant, Value: double real })
        {
            Take();
            return Member(new Literal(sign.Offset, -real));
        }
        if (++_depth > MaxDepth) throw Fault(sign.Offset, $"expression recursion limit exceeded: {MaxDepth}");
        var operand = Unary();
        _depth--;
        return Bounded(new Call(sign.Offset, sign.Text == "!" ? Operators.Not : Operators.Negate, null, [operand]));
    }

    private Expr Member(Expr operand)
    {
        while (true)
        {
            if (IsSign("."))
            {
                var dot = Take();
                var optional = IsSign("?");
                if (optional) Take();
                var name = Name();
                if (!optional && IsSign("("))
                {
                    var bracket = Current.Offset;
                    operand = Macros.TryExpand(this, bracket, operand, name, Arguments(), out var args) is { } macro ? macro : MemberCall(bracket, operand, name, args);
                }
                else operand = new Select(dot.Offset, operand, name, optional: optional);
            }
            else if (IsSign("["))
            {
                var bracket = Take();
                var optional = IsSign("?");
                if (optional) Take();
                var index = Expression();
                Expect("]");
                operand = new Call(bracket.Offset, optional ? Operators.OptionalIndex : Operators.Index, null, [operand, index]);
            }
            else if (IsSign("{") && operand is Ident or Select)
                throw Fault(Current.Offset, "message literals are not supported: a custom resource has no message types");
            else return operand;
            Bounded(operand);
        }
    }

    // sets.contains(a, b) is a function with a dot in its name, not a call on a variable "sets".
    private static Call MemberCall(int offset, Expr target, string name, IReadOnlyList<Expr> args) =>
        target is Ident space && StandardLibrary.Functions.ContainsKey($"{space.Name}.{name}")
            ? new Call(offset, $"{space.Name}.{name}", null, args)
            : new Call(offset, name, target, args);

    private Expr Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Constant:
                Take();
                return new Literal(token.Offset, token.Value!);
            case TokenKind.Integer:
                Take();
                var magnitude = (ulong)token.Value!;
                return magnitude <= long.MaxValue ? new Literal(token.Offset, (long)magnitude) : throw Fault(token.Offset, "invalid int literal");
            case TokenKind.Name:
                return Named();
            case TokenKind.Sign when token.Text == "." && _tokens[_at + 1].Kind == TokenKind.Name:
                Take();
                return Named();
            case TokenKind.Sign when token.Text == "(":
                Take();
                var inner = Expression();
                Expect(")");
                return inner;
            case TokenKind.Sign when token.Text == "[":
                return List();
            case TokenKind.Sign when token.Text == "{":
                return Map();
            default:
                throw Unexpected(StartOfExpression, extraneous: false);
        }
    }

    private Expr Named()
    {
        var token = Take();
        switch (token.Text)
        {
            case "true": return new Literal(token.Offset, true);
            case "false": return new Literal(token.Offset, false);
            case "null": return new Literal(token.Offset, CelNull.Instance);
            case "in": throw Fault(token.Offset, $"Syntax error: mismatched input 'in' expecting {StartOfExpression}");
        }
        if (Reserved.Contains(token.Text)) throw Fault(token.Offset, $"reserved identifier: {token.Text}");
        if (!IsSign("(")) return new Ident(token.Offset, token.Text);
        var bracket = Current.Offset;
        var args = Arguments();
        return token.Text == "has" ? Macros.Has(this, bracket, args) : Bounded(new Call(bracket, token.Text, null, args));
    }

    private ListLiteral List()
    {
        var bracket = Take();
        var items = new List<(Expr, bool)>();
        while (!IsSign("]"))
        {
            var optional = IsSign("?");
            if (optional) Take();
            items.Add((Expression(), optional));
            if (!IsSign(",")) break;
            Take();
        }
        Expect("]");
        return Bounded(new ListLiteral(bracket.Offset, items));
    }

    private MapLiteral Map()
    {
        var brace = Take();
        var entries = new List<(Expr, Expr, bool)>();
        while (!IsSign("}"))
        {
            var optional = IsSign("?");
            if (optional) Take();
            var key = Expression();
            Expect(":");
            entries.Add((key, Expression(), optional));
            if (!IsSign(",")) break;
            Take();
        }
        Expect("}");
        return Bounded(new MapLiteral(brace.Offset, entries));
    }

    private List<Expr> Arguments()
    {
        Expect("(");
        var args = new List<Expr>();
        while (!IsSign(")"))
        {
            args.Add(Expression());
            if (!IsSign(",")) break;
            Take();
        }
        Expect(")");
        return args;
    }

    private string Name()
    {
        if (Current.Kind != TokenKind.Name || Current.Text is "true" or "false" or "null" or "in") throw Unexpected("IDENTIFIER", extraneous: false);
        return Take().Text;
    }

    private bool IsSign(string sign) => Current.Kind == TokenKind.Sign && Current.Text == sign;

    private Token Take() => _tokens[_at++];

    private void Expect(string sign)
    {
        if (!IsSign(sign)) throw Unexpected($"'{sign}'", extraneous: false);
        Take();
    }

    private T Bounded<T>(T expr) where T : Expr =>
        expr.Depth <= 4 * MaxDepth ? expr : throw Fault(expr.Offset, $"expression recursion limit exceeded: {MaxDepth}");

    /// <summary>A fault at a place.</summary>
    public CelCompileException Fault(int offset, string message) => new(_source, [new CelIssue(offset, message)]);

    private CelCompileException Unexpected(string expected, bool extraneous) =>
        Fault(Current.Offset, $"Syntax error: {(extraneous ? "extraneous" : "mismatched")} input '{Current.Text}' expecting {expected}");
}
