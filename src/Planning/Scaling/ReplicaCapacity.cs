using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Scaling;

/// <summary>
/// What one replica can do, in few numbers: the step model made linear. A step takes <see cref="StepSeconds"/> and a little for each sequence and each token
/// of context; so a request takes <see cref="WorkSeconds"/> of the replica's time beside the steps that it shares, and at a load of u (work per second, in
/// [0, 1)) a step, and thus the time between tokens, takes <see cref="StepSeconds"/> / (1 − u).
/// </summary>
public sealed record ReplicaCapacity
{
    // Batches, contexts and prompts of ordinary chats, where the lines are laid through the model.
    private const int FewSequences = 8;
    private const int ManySequences = 64;
    private const int ShortContext = 500;
    private const int LongContext = 3000;
    private const int ShortPrompt = 256;
    private const int LongPrompt = 2048;

    /// <summary>Tokens that the KV cache holds; 0 for a model that keeps none.</summary>
    public required long KvTokens { get; init; }

    /// <summary>Most sequences that run at once.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>Seconds of a decode step, whatever is in it: mostly the reading of the weights.</summary>
    public required double StepSeconds { get; init; }

    /// <summary>Seconds that each sequence adds to a decode step.</summary>
    public required double SequenceSeconds { get; init; }

    /// <summary>Seconds that each token of context adds to a decode step.</summary>
    public required double ContextTokenSeconds { get; init; }

    /// <summary>Seconds that a prompt adds to its step, whatever its length.</summary>
    public required double PromptSeconds { get; init; }

    /// <summary>Seconds that each token of a prompt adds to its step.</summary>
    public required double PromptTokenSeconds { get; init; }

    /// <summary>Share of its output still to come that a request holds cache for, in [0, 1]: 1 where the engine sets it all aside.</summary>
    public double ReservedOutput { get; init; }

    /// <summary>Time from a replica's creation until it serves, until it has been measured.</summary>
    public required TimeSpan LeadTime { get; init; }

    /// <summary>How much longer the outputs of thinking requests are taken to be than those of others, until they have been seen.</summary>
    public double ThinkingFactor { get; init; } = 12;

    /// <summary>The capacity of a planned replica.</summary>
    /// <param name="model">What its steps cost.</param>
    /// <param name="limits">What bounds its batches.</param>
    /// <param name="leadTime">Time from creation until it serves.</param>
    public static ReplicaCapacity Of(StepModel model, EngineLimits limits, TimeSpan leadTime)
    {
        double Decode(int sequences, int context) => model.Step(StepWork.Decode(sequences, (long)sequences * context)).TotalSeconds;
        var perContext = (Decode(ManySequences, LongContext) - Decode(ManySequences, ShortContext)) / (ManySequences * (LongContext - ShortContext));
        var perSequence = Math.Max(0, (Decode(ManySequences, ShortContext) - Decode(FewSequences, ShortContext)) / (ManySequences - FewSequences) - ShortContext * perContext);
        var perPrompt = (Prefill(LongPrompt) - Prefill(ShortPrompt)) / (LongPrompt - ShortPrompt);
        return new ReplicaCapacity
        {
            KvTokens = limits.KvTokens,
            MaxSequences = limits.MaxSequences,
            StepSeconds = Decode(FewSequences, ShortContext) - FewSequences * (perSequence + ShortContext * perContext),
            SequenceSeconds = perSequence,
            ContextTokenSeconds = perContext,
            PromptSeconds = Math.Max(0, Prefill(ShortPrompt) - ShortPrompt * perPrompt),
            PromptTokenSeconds = perPrompt,
            ReservedOutput = model.Engine.ReservedOutput,
            LeadTime = leadTime,
        };

        double Prefill(int tokens)
        {
            var work = StepWork.Decode(ManySequences, (long)ManySequences * ShortContext);
            work.AddPrefill(0, tokens, last: true);
            return model.Step(work).TotalSeconds - Decode(ManySequences, ShortContext);
        }
    }

    /// <summary>Seconds of a replica's time that a request takes for itself, by the mean.</summary>
    /// <param name="promptTokens">Mean tokens of a prompt.</param>
    /// <param name="outputTokens">Mean tokens of an output.</param>
    /// <param name="spread">Mean square of the outputs over the square of their mean: 1 where all are equal, about 2 for chats.</param>
    public double WorkSeconds(double promptTokens, double outputTokens, double spread = 1) =>
        PromptSeconds + promptTokens * PromptTokenSeconds + outputTokens * (SequenceSeconds + (promptTokens + spread * outputTokens / 2) * ContextTokenSeconds);

    /// <summary>Tokens of cache that a request in flight holds, by the mean over those in flight: long outputs are among them for longer.</summary>
    /// <param name="promptTokens">Mean tokens of a prompt.</param>
    /// <param name="outputTokens">Mean tokens of an output.</param>
    /// <param name="spread">Mean square of the outputs over the square of their mean.</param>
    public double KvTokensHeld(double promptTokens, double outputTokens, double spread = 1) => promptTokens + spread * outputTokens * (0.5 + 0.5 * ReservedOutput);

    /// <summary>The load at which a number of sequences run at once, in [0, 1): by Little's law, from requests of one kind.</summary>
    /// <param name="sequences">Sequences.</param>
    /// <param name="workSeconds">A request's <see cref="WorkSeconds"/>.</param>
    /// <param name="outputTokens">Its output tokens.</param>
    public double LoadAt(double sequences, double workSeconds, double outputTokens) =>
        workSeconds / (workSeconds + StepSeconds * outputTokens / Math.Max(1, sequences));
}
