using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>What a builder has collected about a controller; makes the running controller once the host's services exist.</summary>
internal interface IControllerRegistration
{
    /// <summary>The controller's name in metrics and logs.</summary>
    string Name { get; }

    /// <summary>The controller's class, as the host's services know it.</summary>
    Type ControllerType { get; }

    /// <summary>Makes the controller and attaches it to its informers.</summary>
    IRunningController Build(IServiceProvider services);
}

/// <summary>A controller that can run.</summary>
internal interface IRunningController
{
    /// <summary>The controller's name in metrics and logs.</summary>
    string Name { get; }

    /// <summary>Reconciles until <paramref name="stop"/>, finishing what is in work; <paramref name="abort"/> cancels that too.</summary>
    Task RunAsync(CancellationToken stop, CancellationToken abort);
}

/// <summary>A controller of one entity type, as registered.</summary>
internal sealed class ControllerRegistration<TEntity>(Type controllerType, OperatorSettings settings) : IControllerRegistration
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    public string Name { get; set; } = ResourceType.Of<TEntity>().Kind.ToLowerInvariant();

    public Type ControllerType { get; } = controllerType;

    internal EventPredicate<TEntity>? Predicate { get; set; }

    internal int? MaxConcurrentReconciles { get; set; }

    internal TimeSpan? ReconciliationTimeout { get; set; } = settings.ReconciliationTimeout;

    /// <summary>Attach a controller's queue to the informers of what it owns or watches.</summary>
    internal List<Action<InformerCaches, ChangeSink>> Sources { get; } = [];

    public IRunningController Build(IServiceProvider services) => RunningController<TEntity>.Create(this, services);
}

/// <summary>A finalizer as registered.</summary>
internal sealed record FinalizerRegistration<TEntity>(string Identifier, Type FinalizerType)
    where TEntity : class, IKubernetesObject<V1ObjectMeta>;
