using Nemotron.Kube;
using Nemotron.Lab.Api;

namespace Nemotron.Chaos.Tests;

/// <summary>A kind of object with its controller: what a schedule is run against.</summary>
internal abstract class Subject
{
    /// <summary>The Lab's nodes.</summary>
    public virtual string Nodes => "";

    /// <summary>How many objects there are.</summary>
    public abstract int Objects { get; }

    /// <summary>Whether the server may forget everything.</summary>
    public abstract bool MayLoseData { get; }

    /// <summary>Plural names of what the operator watches.</summary>
    public virtual IReadOnlyList<string> Watched => [];

    /// <summary>Writes that one creation or change of an object may cost.</summary>
    public abstract int WritesPerChange { get; }

    /// <summary>Adds the controller to an operator.</summary>
    public abstract void AddTo(IOperatorBuilder builder);

    /// <summary>Installs the resource types and whatever the objects need.</summary>
    public abstract void Install(IApi api);

    public abstract void Create(IApi api, int number);

    /// <summary>Changes an object's spec; nothing when it is not there.</summary>
    public abstract void Change(IApi api, int number, int value);

    public abstract void Delete(IApi api, int number);

    /// <summary>Somebody else changes a child of an object.</summary>
    public abstract void Drift(IApi api, int number);

    /// <summary>Somebody else deletes a child of an object.</summary>
    public abstract void RemoveChild(IApi api, int number);

    /// <summary>What keeps the world from being as declared; null when it is.</summary>
    public abstract string? Unsettled(IApi api, IReadOnlySet<int> alive);

    /// <summary>Whether the operator has read its first lists.</summary>
    public virtual bool Synced(IInformerCaches caches) => true;

    /// <summary>The server is about to forget everything.</summary>
    /// <param name="operatorKnew">Whether the operator had read its first lists.</param>
    public virtual void DataLost(bool operatorKnew)
    {
    }

    /// <summary>The operator has been started anew.</summary>
    public virtual void OperatorRestarted()
    {
    }

    /// <summary>What must never be, whatever goes wrong, or null.</summary>
    public virtual string? Broken(FaultSchedule schedule) => null;

    /// <summary>Runs an operation of a user, who does not mind that the object is gone or has changed meanwhile.</summary>
    protected static void Try(Action operation)
    {
        try
        {
            operation();
        }
        catch (ApiException)
        {
            // Gone, or somebody else was quicker.
        }
    }
}
