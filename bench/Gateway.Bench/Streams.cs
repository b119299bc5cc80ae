using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Nemotron.Gateway.Bench;

/// <summary>Streams over a fixed number of connections, one after another on each, read as fast as they come. Prints tokens per second and the median and 99th percentile of the time to the first piece, in ms.</summary>
internal static class Streams
{
    public static int Run(int port, int connections, int tokens, int seconds)
    {
        var request = Messages.Stream(tokens, paced: false);
        var sockets = new List<Socket>();
        var asked = new Dictionary<Socket, long>();
        var tails = new Dictionary<Socket, byte[]>();
        for (var i = 0; i < connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, port);
            sockets.Add(socket);
            Ask(socket);
        }

        var buffer = new byte[65536 + 16];
        var first = new List<double>();
        long bytes = 0, pieces = 0;
        var warm = Stopwatch.GetTimestamp();
        var counting = false;
        var start = warm;
        while (true)
        {
            if (!counting && Stopwatch.GetElapsedTime(warm).TotalSeconds > 2)
            {
                (counting, start, bytes, pieces) = (true, Stopwatch.GetTimestamp(), 0, 0);
                first.Clear();
            }

            if (counting && Stopwatch.GetElapsedTime(start).TotalSeconds > seconds) break;
            var ready = new List<Socket>(sockets);
            Socket.Select(ready, null, null, 100_000);
            foreach (var socket in ready)
            {
                // What is looked for may lie across two reads.
                var tail = tails[socket];
                tail.CopyTo(buffer, 0);
                var read = socket.Receive(buffer, tail.Length, 65536, SocketFlags.None);
                if (read == 0) throw new InvalidOperationException("The server closed a stream.");
                bytes += read;
                var seen = buffer.AsSpan(0, tail.Length + read);
                pieces += seen.Count("\" token\""u8) - tail.AsSpan().Count("\" token\""u8);
                if (asked.TryGetValue(socket, out var at) && seen.IndexOf("data: "u8) >= 0)
                {
                    first.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
                    asked.Remove(socket);
                }

                // The end of the chunked body is read too, so that the next answer begins at its head.
                if (seen.EndsWith("0\r\n\r\n"u8) && seen.IndexOf("[DONE]"u8) >= 0 || seen.EndsWith("\r\n0\r\n\r\n"u8)) Ask(socket);
                else tails[socket] = seen[^Math.Min(15, seen.Length)..].ToArray();
            }
        }

        var took = Stopwatch.GetElapsedTime(start).TotalSeconds;
        foreach (var socket in sockets) socket.Dispose();
        var sorted = first.Order().ToArray();
        Console.WriteLine($"{pieces / took:F0} {sorted[sorted.Length / 2]:F2} {sorted[(int)(sorted.Length * 0.99)]:F2}");
        return 0;

        void Ask(Socket socket)
        {
            asked[socket] = Stopwatch.GetTimestamp();
            tails[socket] = [];
            socket.Send(request);
        }
    }
}
