using System.Text;

namespace Nemotron.Lab.Engines;

/// <summary>Splits a shell script into words: quotes, backslashes and line continuations are honoured; expansion, pipes and control flow are not.</summary>
internal static class ShellWords
{
    /// <summary>The words, with <c>;</c>, <c>&amp;&amp;</c>, <c>||</c>, <c>|</c> and line breaks as words of their own.</summary>
    public static List<string> Split(string script)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var inWord = false;
        var quote = '\0';
        for (var i = 0; i < script.Length; i++)
        {
            var c = script[i];
            if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else if (c == '\\' && quote == '"' && i + 1 < script.Length && script[i + 1] is '"' or '\\' or '$') word.Append(script[++i]);
                else word.Append(c);
            }
            else if (c is '"' or '\'')
            {
                quote = c;
                inWord = true;
            }
            else if (c == '\\' && i + 1 < script.Length)
            {
                i++;
                if (script[i] == '\n') continue;
                word.Append(script[i]);
                inWord = true;
            }
            else if (char.IsWhiteSpace(c) || c is ';' or '|' || (c == '&' && i + 1 < script.Length && script[i + 1] == '&'))
            {
                End();
                if (c is '\n' or ';') words.Add(";");
                else if (c == '|') words.Add(script.AsSpan(i).StartsWith("||") ? "||" : "|");
                else if (c == '&') words.Add("&&");
                if (words is [.., "&&" or "||"] && c is '&' or '|' && i + 1 < script.Length && script[i + 1] == c) i++;
            }
            else
            {
                word.Append(c);
                inWord = true;
            }
        }

        End();
        return words;

        void End()
        {
            if (inWord) words.Add(word.ToString());
            word.Clear();
            inWord = false;
        }
    }
}
