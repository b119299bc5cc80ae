using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Capacity.Calibration;

/// <summary>
/// Fits by pattern search (Hooke and Jeeves), from the priors: up and down each figure in turn, on in the direction of the whole round while that
/// gains, and again in smaller steps. The loss of a row is what its logarithms of
/// predicted to measured TPOT, and half that of TTFT, differ from zero, each capped: a row that is off by more tells nothing more.
/// A figure pays for leaving its prior, little, so that rows decide where they can. Deterministic.
/// </summary>
public sealed class Fit
{
    private const double Cap = 0.5;
    private const double TtftWeight = 0.5;
    private const double PriorWeight = 5e-4;
    private const double FirstStep = 0.4;

    private const double Shrink = 0.7;

    /// <summary>The last and smallest step, as a share of a figure.</summary>
    public const double LastStep = 0.02;

    /// <summary>A round that gains less than this ends its step.</summary>
    public const double LeastGain = 1e-4;

    private readonly MeasuredRow[] _rows;
    private readonly string[] _engines;
    private readonly double[] _losses;
    private readonly IReadOnlyList<FittedFigure> _figures;

    private Fit(IReadOnlyList<MeasuredRow> rows, CapacityParameters start)
    {
        _rows = [.. rows];
        _engines = [.. rows.Select(row => start.Engine(row.Replica.Engine).Name)];
        _losses = new double[_rows.Length];
        _figures = FittedFigure.All(start);
        Parameters = start;
        Evaluate(start, null, _losses);
        Loss = _losses.Average() + Priors(start);
    }

    public CapacityParameters Parameters { get; private set; }

    public double Loss { get; private set; }

    /// <summary>Fits from the priors; only the facts of the engines and what is not fitted are taken from <paramref name="parameters"/>.</summary>
    public static Fit To(IReadOnlyList<MeasuredRow> rows, CapacityParameters parameters, Action<string>? progress = null)
    {
        var fit = new Fit(rows, FittedFigure.Priors(parameters));
        for (var step = FirstStep; step >= LastStep; step *= Shrink)
        {
            while (fit.Round(step)) progress?.Invoke(FormattableString.Invariant($"step {step:0.000} loss {fit.Loss:0.00000}"));
        }
        return fit;
    }

    /// <summary>The figures that would be better off by a step from the given ones, with what it would gain: none, where those are what a fit ends with.</summary>
    public static IReadOnlyList<(string Figure, double Gain)> Improvements(IReadOnlyList<MeasuredRow> rows, CapacityParameters parameters, double step)
    {
        var fit = new Fit(rows, parameters);
        var losses = new double[rows.Count];
        return [.. fit._figures
            .Select(figure => (figure.Name, fit.Loss - fit.Neighbours(figure, step).Min(value => fit.Try(figure, value, losses).Loss)))
            .Where(better => better.Item2 > 0)];
    }

    private bool Round(double step)
    {
        var before = Loss;
        var from = Parameters;
        var losses = new double[_rows.Length];
        foreach (var figure in _figures)
        {
            foreach (var value in Neighbours(figure, step))
            {
                var (tried, loss) = Try(figure, value, losses);
                if (loss >= Loss) continue;
                (Parameters, Loss) = (tried, loss);
                losses.CopyTo(_losses, 0);
                break;
            }
        }
        while (Loss < before && GoOn(from, losses, out var here)) from = here;
        return before - Loss > LeastGain;
    }

    // As far again as the round has come.
    private bool GoOn(CapacityParameters from, double[] losses, out CapacityParameters here)
    {
        here = Parameters;
        var further = Parameters;
        foreach (var figure in _figures)
            further = figure.Set(further, Math.Min(figure.Most, figure.Get(Parameters) * figure.Get(Parameters) / figure.Get(from)));
        Evaluate(further, null, losses);
        var loss = losses.Average() + Priors(further);
        if (loss >= Loss) return false;
        (Parameters, Loss) = (further, loss);
        losses.CopyTo(_losses, 0);
        return true;
    }

    private IEnumerable<double> Neighbours(FittedFigure figure, double step)
    {
        var value = figure.Get(Parameters);
        yield return Math.Min(figure.Most, value * (1 + step));
        yield return value / (1 + step);
    }

    private (CapacityParameters Parameters, double Loss) Try(FittedFigure figure, double value, double[] losses)
    {
        var tried = figure.Set(Parameters, value);
        _losses.CopyTo(losses, 0);
        Evaluate(tried, figure.Engine, losses);
        return (tried, losses.Average() + Priors(tried));
    }

    private void Evaluate(CapacityParameters parameters, string? engine, double[] losses) => Parallel.For(0, _rows.Length, at =>
    {
        if (engine is null || _engines[at] == engine) losses[at] = RowLoss(_rows[at], parameters);
    });

    private double Priors(CapacityParameters parameters)
    {
        double sum = 0;
        foreach (var figure in _figures)
        {
            var away = Math.Log(figure.Get(parameters) / figure.Prior);
            sum += PriorWeight * away * away;
        }
        return sum;
    }

    private static double RowLoss(MeasuredRow row, CapacityParameters parameters)
    {
        var error = PredictedRow.Of(row, parameters);
        return Off(error.TpotRatio) + TtftWeight * Off(error.TtftRatio);

        static double Off(double? ratio) => ratio is { } known ? Math.Min(Cap, Math.Abs(Math.Log(known))) : 0;
    }
}
