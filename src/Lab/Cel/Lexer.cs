using System.Globalization;

namespace Nemotron.Lab.Cel;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    /// <summary>The end of the text.</summary>
    End,

    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A constant; <see cref="Token.Value"/> holds it.</summary>
    Constant,

    /// <summary>An integer constant not yet given its sign.</summary>
    Integer,

    /// <summary>An operator or bracket.</summary>
    Sign,
}

/// <summary>A token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text.</param>
/// <param name="Offset">Its place.</param>
/// <param name="Value">A constant's value; an integer's magnitude as <see cref="ulong"/>.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Offset, object? Value = null);

/// <summary>Cuts CEL text into tokens.</summary>
internal sealed class Lexer(string source)
{
    private static readonly string[] LongSigns = ["==", "!=", "<=", ">=", "&&", "||"];
    private int _at;

    /// <summary>All tokens, ending with <see cref="TokenKind.End"/>.</summary>
    /// <exception cref="CelCompileException">The text has a character or a literal that CEL does not know.</exception>
    public List<Token> Read()
    {
        var tokens = new List<Token>();
        while (SkipBlanks()) tokens.Add(Next());
        tokens.Add(new Token(TokenKind.End, "<EOF>", source.Length));
        return tokens;
    }

    private bool SkipBlanks()
    {
        while (_at < source.Length)
            if (char.IsWhiteSpace(source[_at])) _at++;
            else if (source.AsSpan(_at).StartsWith("//"))
            {
                var end = source.IndexOf('\n', _at);
                _at = end < 0 ? source.Length : end;
            }
            else return true;
        return false;
    }

    private Token Next()
    {
        var start = _at;
        var c = source[start];
        if (c is '"' or '\'' || IsPrefixedString())
            return StringLiteral.Read(source, ref _at) is { } value ? new Token(TokenKind.Constant, source[start.._at], start, value) : throw Unknown(start);
        if (char.IsAsciiDigit(c) || (c == '.' && start + 1 < source.Length && char.IsAsciiDigit(source[start + 1]))) return Number();
        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (_at < source.Length && (char.IsAsciiLetterOrDigit(source[_at]) || source[_at] == '_')) _at++;
            return new Token(TokenKind.Name, source[start.._at], start);
        }
        foreach (var sign in LongSigns)
            if (source.AsSpan(start).StartsWith(sign))
            {
                _at += 2;
                return new Token(TokenKind.Sign, sign, start);
            }
        if (!"+-*/%!<>?:.,()[]{}".Contains(c)) throw Unknown(start);
        _at++;
        return new Token(TokenKind.Sign, c.ToString(), start);
    }

    private bool IsPrefixedString()
    {
        var i = _at;
        while (i < source.Length && i < _at + 2 && source[i] is 'r' or 'R' or 'b' or 'B') i++;
        return i > _at && i < source.Length && source[i] is '"' or '\'';
    }

    private Token Number()
    {
        var start = _at;
        if (source[_at] == '0' && _at + 1 < source.Length && source[_at + 1] is 'x' or 'X')
        {
            _at += 2;
            while (_at < source.Length && char.IsAsciiHexDigit(source[_at])) _at++;
            return Whole(start, ulong.TryParse(source.AsSpan(start + 2, _at - start - 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : null);
        }
        Digits();
        var real = false;
        if (_at + 1 < source.Length && source[_at] == '.' && char.IsAsciiDigit(source[_at + 1]))
        {
            real = true;
            _at++;
            Digits();
        }
        if (_at < source.Length && source[_at] is 'e' or 'E')
        {
            var sign = _at + 1 < source.Length && source[_at + 1] is '+' or '-' ? 1 : 0;
            if (_at + 1 + sign < source.Length && char.IsAsciiDigit(source[_at + 1 + sign]))
            {
                real = true;
                _at += 1 + sign;
                Digits();
            }
        }
        var text = source.AsSpan(start, _at - start);
        if (real) return new Token(TokenKind.Constant, text.ToString(), start, double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        return Whole(start, ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole : null);
    }

    private Token Whole(int start, ulong? magnitude)
    {
        var unsigned = _at < source.Length && source[_at] is 'u' or 'U';
        if (unsigned) _at++;
        if (magnitude is null) throw new CelCompileException(source, [new CelIssue(start, unsigned ? "invalid uint literal" : "invalid int literal")]);
        return unsigned
            ? new Token(TokenKind.Constant, source[start.._at], start, magnitude.Value)
            : new Token(TokenKind.Integer, source[start.._at], start, magnitude.Value);
    }

    private void Digits()
    {
        while (_at < source.Length && char.IsAsciiDigit(source[_at])) _at++;
    }

    private CelCompileException Unknown(int start) =>
        new(source, [new CelIssue(start, $"Syntax error: token recognition error at: '{source[start..Math.Min(source.Length, start + 1)]}'")]);
}
