using System.CommandLine;

namespace Nemotron.Operator;

/// <summary><c>nemotron-operator probe URL</c>: waits until an address answers well. The image has no shell and no curl: <c>helm test</c> runs this.</summary>
internal static class ProbeCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The command, ready to be parsed.</summary>
    public static Command Create()
    {
        var url = new Argument<Uri>("URL") { Description = "What is asked, such as http://nemotron-operator-metrics:8081/readyz", CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https") return parsed;
            result.AddError($"{result.Tokens[0].Value} is not the address of a web page: it must begin with http:// or https://.");
            return null;
        } };
        var seconds = new Option<int>("--timeout-seconds") { Description = "How long it is tried.", DefaultValueFactory = _ => 60 };
        var command = new Command("probe", "Waits until an address answers with a status of 200 to 299; exit code 1 when it does not in time") { url, seconds };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(url)!, TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, TimeProvider.System, cancellationToken));
        return command;
    }

    internal static async Task<int> RunAsync(Uri url, TimeSpan limit, TextWriter output, TextWriter error, TimeProvider time, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        using var pause = new PeriodicTimer(Pause, time);
        var started = time.GetTimestamp();
        while (true)
        {
            string said;
            try
            {
                using var answer = await client.GetAsync(url, cancellationToken);
                said = $"{(int)answer.StatusCode} {(await answer.Content.ReadAsStringAsync(cancellationToken)).Trim()}";
                if (answer.IsSuccessStatusCode)
                {
                    await output.WriteLineAsync($"{url}: {said}");
                    return 0;
                }
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                said = e.Message;
            }

            if (time.GetElapsedTime(started) >= limit)
            {
                await error.WriteLineAsync($"error: {url} did not answer well within {limit.TotalSeconds:0} s. The last answer: {said}");
                return 1;
            }

            await pause.WaitForNextTickAsync(cancellationToken);
        }
    }
}
