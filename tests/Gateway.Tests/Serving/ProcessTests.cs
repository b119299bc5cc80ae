using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>The gateway as a process of its own, as a pod stops it.</summary>
public class ProcessTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SIGTERM_ends_the_streams_in_flight_and_then_the_process()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(0);
        await using var gateway = new GatewayProcess(engine.Address);
        await gateway.ReadyAsync();
        using var answer = await gateway.AskAsync();
        gateway.Signal("TERM");
        await Until.TrueAsync(async () => (await gateway.AskAsync()).StatusCode == HttpStatusCode.ServiceUnavailable, "new requests are refused");
        engine.Gate.Release(1000);
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldEndWith("[DONE]\n\n");
        await gateway.Process.WaitForExitAsync(Cancelled);
        gateway.Process.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task The_preStop_form_waits_for_the_streams_in_flight()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(0);
        await using var gateway = new GatewayProcess(engine.Address);
        await gateway.ReadyAsync();
        using var answer = await gateway.AskAsync();
        using var drain = GatewayProcess.Run("drain", "--admin-port", $"{gateway.AdminPort}");
        await Until.TrueAsync(async () => (await gateway.AskAsync()).StatusCode == HttpStatusCode.ServiceUnavailable, "new requests are refused");
        drain.HasExited.ShouldBeFalse();
        engine.Gate.Release(1000);
        await drain.WaitForExitAsync(Cancelled);
        drain.ExitCode.ShouldBe(0, await drain.StandardError.ReadToEndAsync(Cancelled));
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldEndWith("[DONE]\n\n");
        gateway.Process.HasExited.ShouldBeFalse();
    }

    [Theory]
    [InlineData("upstream: http://127.0.0.1:1\nreasoning: { grammar: ThinkTags, defualt: On }\n", "gateway.yaml: reasoning.defualt: is not a known key; did you mean default")]
    [InlineData("reasoning: { grammar: ThinkTags }\n", "gateway.yaml: upstream: is required")]
    public async Task Settings_that_are_wrong_are_told_with_their_path(string settings, string error)
    {
        var folder = Directory.CreateTempSubdirectory("gateway").FullName;
        var file = Path.Combine(folder, "gateway.yaml");
        await File.WriteAllTextAsync(file, settings, Cancelled);
        foreach (var arguments in new string[][] { ["check", file], ["--config", file, "--port", "0", "--admin-port", "0"] })
        {
            using var process = GatewayProcess.Run(arguments);
            var told = await process.StandardError.ReadToEndAsync(Cancelled);
            await process.WaitForExitAsync(Cancelled);
            process.ExitCode.ShouldBe(1);
            told.ShouldContain(error);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Options_come_from_the_environment_too()
    {
        using var process = GatewayProcess.Run(["--config", "/nowhere"], ("NEMOTRON_GATEWAY_PORT", "many"));
        var told = await process.StandardError.ReadToEndAsync(Cancelled);
        await process.WaitForExitAsync(Cancelled);
        process.ExitCode.ShouldNotBe(0);
        told.ShouldContain("NEMOTRON_GATEWAY_PORT must be a whole number");
    }

    private sealed class GatewayProcess : IAsyncDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("gateway").FullName;
        private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
        private Uri _address = null!;

        public GatewayProcess(string upstream)
        {
            var file = Path.Combine(_folder, "gateway.yaml");
            File.WriteAllText(file, GatewaySettingsYaml.Render(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, upstream)));
            Process = Run("--config", file, "--address", "127.0.0.1", "--port", "0", "--admin-port", "0");
        }

        public Process Process { get; }

        public int AdminPort { get; private set; }

        public static Process Run(params string[] arguments) => Run(arguments, []);

        public static Process Run(string[] arguments, params (string Name, string Value)[] environment)
        {
            var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "nemotron-gateway.dll"));
            foreach (var argument in arguments) start.ArgumentList.Add(argument);
            foreach (var (name, value) in environment) start.Environment[name] = value;
            return System.Diagnostics.Process.Start(start)!;
        }

        // A line says where it listens, the first but for what the engine's watch may have found before.
        public async Task ReadyAsync()
        {
            var told = new TaskCompletionSource<Match>();
            Process.OutputDataReceived += (_, line) =>
            {
                if (line.Data is null) told.TrySetException(new InvalidOperationException("The gateway ended before it served."));
                else if (Regex.Match(line.Data, @"Serving on (\S+), admin on http://127\.0\.0\.1:(\d+)/") is { Success: true } where) told.TrySetResult(where);
            };
            Process.BeginOutputReadLine();
            var said = await told.Task.WaitAsync(TimeSpan.FromMinutes(2), Cancelled);
            (_address, AdminPort) = (new Uri(said.Groups[1].Value), int.Parse(said.Groups[2].Value));
            await Until.TrueAsync(async () => (await _client.GetAsync(new Uri($"http://127.0.0.1:{AdminPort}/readyz"), Cancelled)).IsSuccessStatusCode, "the gateway is ready");
        }

        public async Task<HttpResponseMessage> AskAsync()
        {
            var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_address, "/v1/chat/completions"))
            {
                Content = new StringContent("{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}", Encoding.UTF8),
            };
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
        }

        public void Signal(string name)
        {
            using var kill = System.Diagnostics.Process.Start("kill", $"-{name} {Process.Id}");
            kill.WaitForExit();
        }

        // Not WaitForExit: it blocks until the end of the output has been read, and this may run where that would be, after a read of the other process's.
        public async ValueTask DisposeAsync()
        {
            if (!Process.HasExited) Process.Kill(entireProcessTree: true);
            await Process.WaitForExitAsync(CancellationToken.None);
            Process.Dispose();
            _client.Dispose();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
