using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Nemotron.Conformance.Envtest;

namespace Nemotron.Conformance.StandIns;

/// <summary>Answers as etcd does when asked for its health; keeps nothing.</summary>
internal static class StandInEtcd
{
    /// <summary>What it prints of itself, with the one switch that is looked for.</summary>
    public const string Help = "stand-in for etcd\n  --unsafe-no-fsync 'false'\n    Disables fsync, unsafe, will cause data loss.";

    /// <summary>Serves until cancelled.</summary>
    public static async Task RunAsync(StandInFlags flags, CancellationToken cancel)
    {
        string data = flags.Take("data-dir");
        string url = flags.Take("listen-client-urls");
        flags.Require("advertise-client-urls", url);
        flags.Require("listen-peer-urls", "http://127.0.0.1:0");
        flags.Require(EtcdFlags.NoSync[2..], "true");
        flags.Done();
        if (!Directory.Exists(data) || Directory.EnumerateFileSystemEntries(data).Any()) throw new StandInFault($"the data folder {data} is to be there, and empty");
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(url);
        await using var app = builder.Build();
        app.Run(http => http.Request.Path == "/health" ? http.Response.WriteAsync("""{"health":"true"}""", cancel) : Task.FromResult(http.Response.StatusCode = 404));
        await app.StartAsync(cancel);
        await Console.Error.WriteLineAsync($"serving client traffic at {url}");
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
    }
}
