using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Nemotron.Lab.Engines;

/// <summary>
/// The addresses of one Lab: on Linux all of 127.0.0.0/8 is loopback, so every pod, node and Service can have an address of its own
/// that anything on this machine reaches without port mapping or privileges. A Lab takes one block of 2^19 addresses (a /13),
/// so that several Labs run side by side: the first 65,536 are Services', the next nodes', then pods' (a /24 per node, 768 nodes),
/// and as many again stand for what each pod calls localhost.
/// </summary>
internal sealed class LabNetwork : IDisposable
{
    /// <summary>Nodes that have addresses for pods.</summary>
    public const int MostNodes = PodBlocks * 256;

    // 127.0.0.0/13 is left alone: 127.0.0.1, resolvers and host names live there.
    private const int FirstBlock = 1;
    private const int Blocks = 32;
    private const int BlockSize = 8;
    private const int PodBlocks = 3;

    // Held while the Lab lives; which port matters not, as long as all Labs agree.
    private const int ClaimPort = 61_127;

    private readonly Socket claim;
    private readonly int block;

    private LabNetwork(Socket claim, int block) => (this.claim, this.block) = (claim, block);

    /// <summary>The first two numbers of Services' addresses: <c>127.8</c>.</summary>
    public string ServicePrefix => $"127.{block}";

    /// <summary>All addresses of this Lab, for people: <c>127.8.0.0/13</c>.</summary>
    public string Range => $"127.{block}.0.0/13";

    /// <summary>Takes the first free block of this machine.</summary>
    /// <exception cref="IOException">There is none, or the machine's loopback interface has 127.0.0.1 only; the message says what to do.</exception>
    public static LabNetwork Claim()
    {
        if (!OperatingSystem.IsLinux())
            throw new IOException("Simulated engines need Linux, where all of 127.0.0.0/8 is the loopback interface. Run the Lab in a Linux container, or with --engines none.");
        for (var number = FirstBlock; number < Blocks; number++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ExclusiveAddressUse = true };
            try
            {
                socket.Bind(new IPEndPoint(new IPAddress([127, (byte)(number * BlockSize), 0, 1]), ClaimPort));
                socket.Listen(1);
                return new(socket, number * BlockSize);
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
                socket.Dispose();
            }
            catch (SocketException unusable)
            {
                socket.Dispose();
                throw new IOException($"127.{number * BlockSize}.0.1 cannot be used on this machine ({unusable.Message}). Simulated engines need the whole of 127.0.0.0/8 on the loopback interface; run the Lab with --engines none.", unusable);
            }
        }

        throw new IOException($"{Blocks - FirstBlock} Labs with simulated engines run on this machine already, and that is all the loopback addresses there are. Stop one, or run this one with --engines none.");
    }

    /// <summary>A node's address.</summary>
    /// <param name="node">Its number among all nodes, below <see cref="MostNodes"/>.</param>
    /// <exception cref="InvalidOperationException">There are more nodes than addresses.</exception>
    public string NodeAddress(int node) => string.Create(CultureInfo.InvariantCulture, $"127.{block + 1}.{Checked(node) >> 7}.{1 + (node & 127)}");

    /// <summary>A node's range of pod addresses.</summary>
    /// <param name="node">Its number among all nodes, below <see cref="MostNodes"/>.</param>
    /// <exception cref="InvalidOperationException">There are more nodes than ranges.</exception>
    public string PodCidr(int node) => string.Create(CultureInfo.InvariantCulture, $"127.{block + 2 + (Checked(node) >> 8)}.{node & 255}.0/24");

    /// <summary>
    /// Where the containers of a pod find what one of them serves on localhost. Pods have no network namespace here; what keeps others
    /// away is that nobody but the pod's own containers is told this address.
    /// </summary>
    /// <param name="pod">The pod's address.</param>
    public static IPAddress LocalhostOf(IPAddress pod)
    {
        var bytes = pod.GetAddressBytes();
        bytes[1] += PodBlocks;
        return new(bytes);
    }

    /// <inheritdoc/>
    public void Dispose() => claim.Dispose();

    private static int Checked(int node) => node is >= 0 and < MostNodes
        ? node
        : throw new InvalidOperationException($"simulated engines have addresses for {MostNodes} nodes; run larger clusters with --engines none");
}
