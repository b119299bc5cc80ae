using Microsoft.Extensions.Logging;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers;

/// <summary>What every built-in controller works with.</summary>
/// <param name="Api">The API, in process.</param>
/// <param name="Informers">The shared caches.</param>
/// <param name="Time">The clock; the Lab's may run faster than the system's.</param>
/// <param name="Events">Where events for people go.</param>
/// <param name="Log">Where faults go.</param>
internal sealed record ControllerContext(IApi Api, InformerSet Informers, TimeProvider Time, EventWriter Events, ILogger Log)
{
    /// <summary>The time now, by the injected clock.</summary>
    public DateTimeOffset Now => Time.GetUtcNow();
}

/// <summary>A loop that runs until cancelled.</summary>
internal interface IControlLoop
{
    /// <summary>The name in logs and in managed fields.</summary>
    string Name { get; }

    /// <summary>Runs the loop. The informers are synced before it starts.</summary>
    Task RunAsync(CancellationToken cancel);
}

/// <summary>
/// A level-triggered loop: informers add keys, <see cref="Reconcile"/> reads the caches, decides and writes.
/// A refused write is tried again with growing delay, without end.
/// </summary>
/// <typeparam name="T">The key.</typeparam>
/// <param name="name">The loop's name, also its field manager.</param>
/// <param name="context">What it works with.</param>
internal abstract class Controller<T>(string name, ControllerContext context) : IControlLoop
    where T : notnull
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);
    private readonly Dictionary<T, int> failures = [];

    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <summary>What the loop works with.</summary>
    protected ControllerContext Context { get; } = context;

    /// <summary>Keys to look at.</summary>
    protected WorkQueue<T> Queue { get; } = new(context.Time);

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                var key = await Queue.TakeAsync(cancel).ConfigureAwait(false);
                Step(key);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
        finally
        {
            Queue.Dispose();
        }
    }

    /// <summary>Brings one key's world to what it should be, as far as one step goes.</summary>
    protected abstract void Reconcile(T key);

    private void Step(T key)
    {
        try
        {
            Reconcile(key);
            failures.Remove(key);
        }
        catch (ApiException refused)
        {
            // Conflicts and vanished objects are the ordinary weather of optimistic concurrency.
            if (refused.Code is not (404 or 409)) Context.Log.LogWarning("{Controller}: {Key}: {Message}", Name, key, refused.Message);
            RetryLater(key);
        }
#pragma warning disable CA1031 // One bad object must not stop the loop for all others.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Context.Log.LogError(fault, "{Controller}: {Key} failed", Name, key);
            RetryLater(key);
        }
    }

    private void RetryLater(T key)
    {
        var count = failures.GetValueOrDefault(key);
        failures[key] = count + 1;
        var delay = FirstRetry * Math.Pow(2, Math.Min(count, 20));
        Queue.AddAfter(key, delay < LongestRetry ? delay : LongestRetry);
    }
}
