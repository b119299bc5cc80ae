using System.Collections.Immutable;
using Nemotron.Controllers.Models;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;

namespace Nemotron.Controllers.Admission;

/// <summary>What is known of models.</summary>
/// <param name="Catalogue">Those that can be used.</param>
/// <param name="Unusable">Names of NemotronModels that exist and cannot be used as they are, whatever their case.</param>
internal sealed record Known(ModelCatalogue Catalogue, IReadOnlySet<string> Unusable);

/// <summary>
/// The models that are known to this replica, leading or not. The <see cref="ModelLibrary"/> is filled by reconciles, which only the leader does; here the entries come straight from the cache of
/// NemotronModels, by the same reader. What cannot be read is left out, as the library leaves it out.
/// </summary>
internal sealed class KnownModels(ModelLibrary library, IInformerCache<NemotronModel> declared, ModelSource source, FreshObjects fresh, TimeProvider time)
{
    // A ConfigMap may change without its NemotronModel; the reconciler, too, reads it again this often.
    private static readonly TimeSpan RereadAfter = TimeSpan.FromMinutes(5);

    private ImmutableDictionary<string, Read> _read = ImmutableDictionary<string, Read>.Empty;

    /// <summary>The models by which a spec is judged.</summary>
    /// <param name="spec">The spec, whose model may have been created a moment ago.</param>
    /// <param name="cancellationToken">Cancels what has to be asked for.</param>
    public async Task<Known> ForAsync(NemotronDeploymentSpec spec, CancellationToken cancellationToken)
    {
        var models = declared.List().ToList();
        if (spec.ModelRef?.Name is { } wanted && !library.Catalogue.TryFind(wanted, out _) && models.All(model => !string.Equals(model.Metadata.Name, wanted, StringComparison.OrdinalIgnoreCase))
            && await fresh.ModelAsync(wanted, cancellationToken) is { } added)
            models.Add(added);
        return await OfAsync(models, cancellationToken);
    }

    private async Task<Known> OfAsync(IReadOnlyCollection<NemotronModel> models, CancellationToken cancellationToken)
    {
        List<(string Name, Read Read)> reads = [];
        // Of two that claim the same name the older has it.
        foreach (var model in models.Where(model => model.Metadata.DeletionTimestamp is null).OrderBy(model => (model.Metadata.CreationTimestamp, model.Metadata.Name)))
            reads.Add((model.Metadata.Name, await ReadAsync(model, cancellationToken)));
        _read = reads.ToImmutableDictionary(read => read.Read.Uid, read => read.Read);
        List<ModelEntry> usable = [];
        foreach (var (_, read) in reads)
            if (read.Entry is { } entry && !usable.Any(other => Clash(other, entry))) usable.Add(entry);
        return new(library.Over(usable), reads.Where(read => read.Read.Entry is null || !usable.Contains(read.Read.Entry)).Select(read => read.Name).ToHashSet(StringComparer.OrdinalIgnoreCase));
    }

    private static bool Clash(ModelEntry left, ModelEntry right)
    {
        try
        {
            _ = new ModelCatalogue([left, right]);
            return false;
        }
        catch (CatalogueException)
        {
            return true;
        }
    }

    private async Task<Read> ReadAsync(NemotronModel model, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_read.TryGetValue(model.Metadata.Uid, out var known) && known.Generation == model.Metadata.Generation && (model.Spec.HfConfigMapRef is null || now < known.At + RereadAfter)) return known;
        try
        {
            return new(model.Metadata.Uid, model.Metadata.Generation, now, DeclaredModel.Entry(model.Metadata.Name, model.Spec, await source.ReadAsync(model, cancellationToken)));
        }
        catch (Exception e) when (e is CatalogueException or ModelSourceException)
        {
            return new(model.Metadata.Uid, model.Metadata.Generation, now, null);
        }
    }

    private sealed record Read(string Uid, long? Generation, DateTimeOffset At, ModelEntry? Entry);
}
