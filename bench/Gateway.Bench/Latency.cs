using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Nemotron.Gateway.Bench;

/// <summary>
/// Small chats at a fixed rate over kept-alive connections: the time from when a request was due (not from when it could be sent, so that a stall counts
/// for all who wait) to the last byte of its answer. One thread; prints the median and the 99th percentile in ms.
/// </summary>
internal static class Latency
{
    public static int Run(int port, int rate, int connections, int seconds)
    {
        var sockets = new List<Socket>();
        for (var i = 0; i < connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, port);
            sockets.Add(socket);
        }

        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var idle = new Queue<Socket>(sockets);
        var due = new Dictionary<Socket, long>();
        var got = new Dictionary<Socket, AnswerReader>();
        var took = new List<double>();
        var start = Stopwatch.GetTimestamp();
        var interval = Stopwatch.Frequency / (double)rate;
        long sent = 0, total = (long)rate * (seconds + 1);
        var buffer = new byte[65536];
        var ready = new List<Socket>();
        while (took.Count < total)
        {
            var now = Stopwatch.GetTimestamp();
            while (sent < total && idle.Count > 0 && start + (long)(sent * interval) <= now)
            {
                var socket = idle.Dequeue();
                due[socket] = start + (long)(sent++ * interval);
                got[socket] = new AnswerReader();
                socket.Send(Messages.Chat);
            }

            // Until the next request is due, or an answer comes; the silent socket is there because a wait needs one.
            var until = sent < total && idle.Count > 0 ? start + (long)(sent * interval) - now : Stopwatch.Frequency / 1000;
            ready.Clear();
            ready.Add(silent);
            ready.AddRange(due.Keys);
            Socket.Select(ready, null, null, (int)Math.Clamp(until * 1_000_000 / Stopwatch.Frequency, 1, 1000));
            foreach (var socket in ready)
            {
                var read = socket.Receive(buffer);
                if (read == 0) throw new InvalidOperationException("The server closed a connection.");
                if (!got[socket].Take(buffer.AsSpan(0, read))) continue;
                took.Add(Stopwatch.GetElapsedTime(due[socket]).TotalMilliseconds);
                due.Remove(socket);
                idle.Enqueue(socket);
            }
        }

        foreach (var socket in sockets) socket.Dispose();
        // The first second warms up.
        var counted = took.Skip(rate).Order().ToArray();
        Console.WriteLine($"{Quantile(counted, 0.5):F3} {Quantile(counted, 0.99):F3}");
        return 0;
    }

    private static double Quantile(double[] sorted, double share) => sorted[(int)Math.Min(sorted.Length - 1, share * sorted.Length)];

    // Knows where an answer with a Content-Length ends.
    private sealed class AnswerReader
    {
        private readonly List<byte> _bytes = [];

        public bool Take(ReadOnlySpan<byte> bytes)
        {
            _bytes.AddRange(bytes);
            var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);
            var end = all.IndexOf("\r\n\r\n"u8);
            if (end < 0) return false;
            var at = all[..end].IndexOf("Content-Length: "u8);
            if (at < 0 || !all.StartsWith("HTTP/1.1 200"u8)) throw new InvalidOperationException(System.Text.Encoding.ASCII.GetString(all));
            _ = System.Buffers.Text.Utf8Parser.TryParse(all[(at + 16)..], out int length, out _);
            return all.Length >= end + 4 + length;
        }
    }
}
