using Nemotron.Planning;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Lab.Engines;

/// <summary>One engine that has loaded: its model, its batching, what it has counted and how it is. Its servers share it.</summary>
internal sealed class SimulatedEngine : IDisposable
{
    /// <summary>Makes an idle, sound engine.</summary>
    /// <param name="settings">What it was told to be.</param>
    /// <param name="sizing">What fits on its GPUs.</param>
    /// <param name="log">Its container's log.</param>
    /// <param name="time">The Lab's clock.</param>
    /// <param name="loadTime">How long it loaded.</param>
    /// <param name="gpus">Its GPUs.</param>
    public SimulatedEngine(EngineSettings settings, EngineSizing sizing, ContainerLog log, TimeProvider time, TimeSpan loadTime, IReadOnlyList<GpuIdentity> gpus)
    {
        Gpus = gpus;
        Settings = settings;
        Sizing = sizing;
        Log = log;
        Time = time;
        LoadTime = loadTime;
        Started = time.GetUtcNow();
        Replica = new(Simulator(settings, sizing), Counters, time, settings.IterationStats ? settings.IterationStatsKept : 0);
    }

    /// <summary>What it was told to be.</summary>
    public EngineSettings Settings { get; }

    /// <summary>What fits on its GPUs.</summary>
    public EngineSizing Sizing { get; }

    /// <summary>Its container's log.</summary>
    public ContainerLog Log { get; }

    /// <summary>The Lab's clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>When it began to serve.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>How long it loaded.</summary>
    public TimeSpan LoadTime { get; }

    /// <summary>Its GPUs.</summary>
    public IReadOnlyList<GpuIdentity> Gpus { get; }

    /// <summary>What it has counted.</summary>
    public EngineCounters Counters { get; } = new();

    /// <summary>Its batching.</summary>
    public EngineReplica Replica { get; }

    /// <summary>How it is.</summary>
    public EngineHealth Health { get; set; }

    /// <summary>Whether it has been told to end.</summary>
    public bool Draining { get; set; }

    /// <summary>Called when a probe finds a fatal error, which ends the process.</summary>
    public Action? FatalErrorFound { get; set; }

    /// <summary>What the <c>Server</c> header says.</summary>
    public string ServerHeader { get; } = "nemotron-lab (simulated engine)";

    /// <summary>Takes a request in.</summary>
    /// <param name="asked">The request.</param>
    /// <exception cref="RequestRefusedException">The engine does not take it.</exception>
    public EngineRequest Begin(Asked asked)
    {
        if (Health is EngineHealth.Broken or EngineHealth.Fatal) throw new RequestRefusedException(503, "LLM is unavailable. Please check the server logs for more details.");
        var room = Sizing.MaxSequenceTokens - asked.Prompt.Tokens;
        if (room < 1)
        {
            throw new RequestRefusedException(400,
                $"The sum of prompt length ({asked.Prompt.Tokens}) and max_tokens ({asked.MaxTokens ?? 1}) should not exceed max_seq_len ({Sizing.MaxSequenceTokens})");
        }

        var most = Math.Min(asked.MaxTokens ?? room, room);
        var scripts = Enumerable.Range(0, asked.Choices).Select(choice => Script(asked, choice, most)).ToList();
        return Replica.Begin(asked.Prompt.Tokens, scripts, most, asked.Streams)
            ?? throw new RequestRefusedException(400, $"The request needs more KV cache than the engine has: {asked.Prompt.Tokens} prompt tokens and up to {most} more, {Replica.KvBlocks} blocks of {Sizing.BlockTokens} tokens");
    }

    /// <inheritdoc/>
    public void Dispose() => Replica.Dispose();

    private AnswerScript Script(Asked asked, int choice, int most)
    {
        var mode = ReasoningSwitch.Read(Sizing.Model.Reasoning, asked.Prompt with { EnableThinking = asked.Prompt.EnableThinking ?? Settings.DefaultEnableThinking });
        var seed = RequestSeed.Of(Settings.ServedName, asked, choice);
        // The draw is the request's own: the same request is answered alike by every replica, whatever came before.
#pragma warning disable CA5394 // Words, not secrets.
        var length = AnswerLength.Draw(mode, new Random((int)(seed ^ (seed >> 32))));
#pragma warning restore CA5394
        if (asked.OutputTokens is { } told) length = length.Scaled(told);
        if (asked.IgnoreEnd && length.Thinking + length.Answer < most) length = length with { Answer = most - length.Thinking };
        if (asked.ThinkingBudget is { } budget && length.Thinking > budget) length = length with { Thinking = budget };
        IReadOnlyList<ToolCall> calls = asked.Tools is { } body ? ToolCall.Decide(body, asked.Prompt) : [];
        var opened = asked.Prompt.OpenedTrace == true || Sizing.Model.Reasoning.TraceOpenedBy == TraceOpener.Template;
        return AnswerScript.Write(Settings.ServedName, seed, length, mode == ReasoningMode.On, opened, calls).EndedBy(most, asked.Stops, asked.KeepStop);
    }

    private static EngineSimulator Simulator(EngineSettings settings, EngineSizing sizing)
    {
        var vllm = settings.Product is EngineProduct.Vllm or EngineProduct.Nim;
        var model = new StepModel(new()
        {
            Model = sizing.Model,
            Gpu = sizing.Gpu,
            TensorParallel = settings.TensorParallel,
            PipelineParallel = settings.PipelineParallel,
            Precision = sizing.Precision,
            KvPrecision = settings.KvPrecision,
            Engine = vllm ? EngineKind.Vllm : EngineKind.TrtLlmServe,
            EngineVersion = settings.Product == EngineProduct.TrtLlmServe ? settings.VersionText : null,
            MultiNode = true,
        });
        return new(model, new()
        {
            MaxSequences = Math.Min(settings.MaxSequences, settings.MaxNumTokens),
            MaxBatchedTokens = settings.MaxNumTokens,
            KvBlocks = sizing.KvBlocks == 0 ? long.MaxValue : sizing.KvBlocks,
            BlockTokens = sizing.BlockTokens,
        });
    }
}
