using System.Buffers;

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
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
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
