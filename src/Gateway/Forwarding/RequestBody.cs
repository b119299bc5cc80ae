using System.Buffers;
using System.IO.Pipelines;

namespace Nemotron.Gateway.Forwarding;

/// <summary>Reads a request's whole body, within its limits.</summary>
internal static class RequestBody
{
    /// <summary>Reads it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="mostBytes">The limit on its size.</param>
    /// <param name="cancellationToken">Cuts the reading.</param>
    /// <returns>The body; null where it is too large.</returns>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, long mostBytes, CancellationToken cancellationToken)
    {
        if (request.ContentLength > mostBytes) return null;
        var reader = request.BodyReader;
        // A token given to the read itself would leave the server's reader in the middle of it.
        using var cut = cancellationToken.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), reader);
        while (true)
        {
            var read = await reader.ReadAsync(CancellationToken.None);
            if (read.IsCanceled)
            {
                reader.AdvanceTo(read.Buffer.Start);
                throw new OperationCanceledException(cancellationToken);
            }

            if (read.Buffer.Length > mostBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            // Nothing is consumed before all is there: the pipe keeps the pieces.
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
