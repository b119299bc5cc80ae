using System.IO.Pipelines;
using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Reads a whole list in pages. A page token that expires starts the list again, in one piece.</summary>
internal sealed class PagedList<T>(InformerOptions<T> options, KubeApi api, string path, string what, WatchLineParser<T> parser, TimeProvider time)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The version that the server counts at now: of a list of one object, which no cache of the server answers.</summary>
    internal async Task<string> ReadVersionAsync(CancellationToken cancellationToken) => (await ReadPageAsync(null, 1, cancellationToken)).ResourceVersion;

    internal async Task<ListPage<T>> ReadAsync(CancellationToken cancellationToken)
    {
        var list = await ReadPageAsync(null, options.PageSize, cancellationToken);
        try
        {
            while (list.Continue is { } next)
            {
                list.Append(await ReadPageAsync(next, options.PageSize, cancellationToken));
            }

            return list;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Gone && list.Continue is not null)
        {
            return await ReadPageAsync(null, null, cancellationToken);
        }
    }

    private async Task<ListPage<T>> ReadPageAsync(string? next, int? limitTo, CancellationToken cancellationToken)
    {
        var query = new QueryText(path).Selectors(options.LabelSelector, options.FieldSelector);
        if (limitTo is { } most)
        {
            query.Add("limit", most.ToString());
        }

        if (next is not null)
        {
            query.Add("continue", next);
        }

        using var limit = new CancellationTokenSource(KubeApi.RequestTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await api.OpenAsync(query.ToString(), linked.Token);
            var reader = PipeReader.Create(await response.Content.ReadAsStreamAsync(linked.Token));
            try
            {
                // A page is parsed when it is whole: items are read from it one by one, without a copy.
                ReadResult result;
                while (!(result = await reader.ReadAsync(linked.Token)).IsCompleted)
                {
                    reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                }

                return ListPage<T>.Parse(result.Buffer, parser);
            }
            finally
            {
                await reader.CompleteAsync();
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the list of {what} took longer than {KubeApi.RequestTimeout.TotalSeconds:0} s.");
        }
    }
}
