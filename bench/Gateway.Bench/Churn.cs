using System.Net;
using System.Net.Sockets;

namespace Nemotron.Gateway.Bench;

/// <summary>Opens so many streams that last, waits until each has had a piece, and closes them all at once. Prints how many had theirs.</summary>
internal static class Churn
{
    public static int Run(int port, int streams)
    {
        var request = Messages.Stream(100_000, paced: true);
        var sockets = new Socket[streams];
        var buffer = new byte[65536];
        var alive = 0;
        // In batches, since a listener's backlog is short.
        foreach (var batch in Enumerable.Range(0, streams).Chunk(200))
        {
            foreach (var i in batch)
            {
                sockets[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000 };
                sockets[i].Connect(IPAddress.Loopback, port);
                sockets[i].Send(request);
            }

            foreach (var i in batch)
            {
                var text = "";
                while (!text.Contains("\" token\"") && sockets[i].Receive(buffer) is > 0 and var read) text += System.Text.Encoding.ASCII.GetString(buffer, 0, read);
                if (text.Contains("\" token\"")) alive++;
            }
        }

        Console.WriteLine(alive);
        // While all are open, whoever drives this measures; a line of input ends it.
        Console.In.ReadLine();
        foreach (var socket in sockets) socket.Close(0);
        return alive == streams ? 0 : 1;
    }
}
