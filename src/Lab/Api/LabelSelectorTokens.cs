namespace Nemotron.Lab.Api;

internal enum LabelToken { End, Identifier, In, NotIn, Equals, NotEquals, Greater, Less, Comma, Open, Closed, Not }

/// <summary>The words of a label selector, one after the other.</summary>
internal sealed class LabelSelectorTokens(string text)
{
    private int position;

    public (LabelToken Kind, string Literal) Peek()
    {
        int saved = position;
        var token = Next();
        position = saved;
        return token;
    }

    public (LabelToken Kind, string Literal) Next()
    {
        while (position < text.Length && char.IsWhiteSpace(text[position])) position++;
        if (position == text.Length) return (LabelToken.End, "");
        char c = text[position];
        char next = position + 1 < text.Length ? text[position + 1] : '\0';
        switch (c)
        {
            case ',': return Symbol(LabelToken.Comma, 1);
            case '(': return Symbol(LabelToken.Open, 1);
            case ')': return Symbol(LabelToken.Closed, 1);
            case '>': return Symbol(LabelToken.Greater, 1);
            case '<': return Symbol(LabelToken.Less, 1);
            case '=': return Symbol(LabelToken.Equals, next == '=' ? 2 : 1);
            case '!': return next == '=' ? Symbol(LabelToken.NotEquals, 2) : Symbol(LabelToken.Not, 1);
        }
        int start = position;
        while (position < text.Length && !char.IsWhiteSpace(text[position]) && !",()><=!".Contains(text[position])) position++;
        string word = text[start..position];
        return (word switch { "in" => LabelToken.In, "notin" => LabelToken.NotIn, _ => LabelToken.Identifier }, word);
    }

    private (LabelToken, string) Symbol(LabelToken kind, int length)
    {
        string literal = text.Substring(position, length);
        position += length;
        return (kind, literal);
    }
}
