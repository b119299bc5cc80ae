using System.Net.Sockets;
using k8s;
using k8s.Exceptions;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube;

/// <summary>There is no usable kubeconfig; the message says in a sentence what was looked for.</summary>
public sealed class KubeconfigException : Exception
{
    /// <summary>Creates one.</summary>
    /// <param name="message">What was looked for, and what is wrong with it.</param>
    /// <param name="innerException">The cause.</param>
    public KubeconfigException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>Makes the client: kubeconfig, connections that notice when the other side is dead, metrics, fair retry.</summary>
internal static class KubeClientFactory
{
    internal static KubeClient Create(OperatorSettings settings, RuntimeMetrics metrics, TimeProvider time, Jitter jitter, ILogger logger)
    {
        var configuration = Configuration(settings);
        configuration.UserAgent = $"{settings.Name}/{typeof(KubeClientFactory).Assembly.GetName().Version?.ToString(3)}";
        SocketsHttpHandler? sockets = null;
        var before = configuration.FirstMessageHandlerSetup;
        configuration.FirstMessageHandlerSetup = handler =>
        {
            before?.Invoke(handler);
            Tune(handler);
            sockets = handler;
        };

        // Outermost first: a request that is retried is counted each time it is sent.
        var client = new KubeClient(configuration, new RetryAfterHandler(time, jitter, logger), new RequestMetricsHandler(metrics, time));
        if (settings.ClientConfiguration is null && settings.KubeconfigPath is null && sockets is not null
            && KubernetesClientConfiguration.IsInCluster() && File.Exists(RotatingAuthority.InClusterPath))
        {
            sockets.SslOptions.RemoteCertificateValidationCallback = new RotatingAuthority(RotatingAuthority.InClusterPath).Validate;
        }

        return client;
    }

    /// <summary>The configuration that the settings name.</summary>
    /// <exception cref="KubeconfigException">It is missing or cannot be read.</exception>
    internal static KubernetesClientConfiguration Configuration(OperatorSettings settings)
    {
        if (settings.ClientConfiguration is { } given)
        {
            return given;
        }

        var path = settings.KubeconfigPath;
        try
        {
            return path is not null ? Kubeconfig.Load(path)
                : !KubernetesClientConfiguration.IsInCluster() && Kubeconfig.DefaultPath() is { } usual ? Kubeconfig.Load(usual)
                : KubernetesClientConfiguration.BuildDefaultConfig();
        }
        catch (Exception e) when (e is KubeConfigException or IOException or UnauthorizedAccessException or FormatException or YamlDotNet.Core.YamlException)
        {
            throw new KubeconfigException(
                path is null
                    ? $"No usable kubeconfig: not in a cluster, and neither KUBECONFIG nor ~/.kube/config can be read ({e.Message})."
                    : $"The kubeconfig {path} cannot be used: {e.Message}",
                e);
        }
    }

    /// <summary>The namespace that this process belongs to: the pod's, or that of the kubeconfig's context, else <c>default</c>.</summary>
    internal static string NamespaceOf(OperatorSettings settings)
    {
        const string InPod = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
        return Configuration(settings).Namespace is { Length: > 0 } ns ? ns
            : KubernetesClientConfiguration.IsInCluster() && File.Exists(InPod) ? File.ReadAllText(InPod).Trim()
            : "default";
    }

    private static void Tune(SocketsHttpHandler handler)
    {
        // A watch may be silent for minutes: only pings tell a quiet server from a dead connection.
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
        handler.EnableMultipleHttp2Connections = true;
        handler.ConnectTimeout = TimeSpan.FromSeconds(15);
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(10);
        handler.ConnectCallback ??= ConnectAsync;
    }

    /// <summary>HTTP/1.1 knows no pings: the socket's own keep-alive does the same there.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
