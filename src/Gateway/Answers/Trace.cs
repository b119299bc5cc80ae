using Nemotron.Planning;

namespace Nemotron.Gateway.Answers;

/// <summary>Follows one answer's text, piece by piece, and tells the reasoning trace from what comes after it. Marks may be cut anywhere between pieces.</summary>
internal sealed class Trace
{
    private Phase _phase;
    private int _matched;

    /// <summary>Follows an answer.</summary>
    /// <param name="openedBy">Who opens its trace.</param>
    public Trace(TraceOpener openedBy)
    {
        _phase = openedBy == TraceOpener.Template ? Phase.Thinking : Phase.Opening;
    }

    private enum Phase
    {
        // White space, or the beginning of the opening mark.
        Opening,
        Thinking,
        Answering,
    }

    private static ReadOnlySpan<byte> OpeningMark => "<think>"u8;

    private static ReadOnlySpan<byte> ClosingMark => "</think>"u8;

    /// <summary>The trace has begun and not ended.</summary>
    public bool IsThinking => _phase == Phase.Thinking;

    /// <summary>The engine says which text is the trace, so marks in the rest count no longer.</summary>
    public void KeptApartByEngine() => _phase = Phase.Answering;

    /// <summary>Takes the next piece.</summary>
    /// <returns>The piece belongs to the trace, its marks included.</returns>
    public bool Follow(ReadOnlySpan<byte> text)
    {
        var thought = _phase == Phase.Thinking;
        for (var i = 0; i < text.Length && _phase != Phase.Answering; i++)
        {
            if (_phase == Phase.Opening) Open(text[i]);
            else
            {
                if (_matched == 0)
                {
                    var mark = text[i..].IndexOf(ClosingMark[0]);
                    if (mark < 0) break;
                    i += mark;
                }

                Close(text[i]);
            }
        }

        return thought || _phase == Phase.Thinking;
    }

    private void Open(byte letter)
    {
        if (_matched == 0 && letter is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') return;
        if (letter != OpeningMark[_matched]) _phase = Phase.Answering;
        else if (++_matched == OpeningMark.Length) (_phase, _matched) = (Phase.Thinking, 0);
    }

    private void Close(byte letter)
    {
        // The mark's first letter comes in it only once, so no longer beginning is ever lost.
        if (letter == ClosingMark[_matched]) _matched++;
        else _matched = letter == ClosingMark[0] ? 1 : 0;
        if (_matched == ClosingMark.Length) _phase = Phase.Answering;
    }
}
