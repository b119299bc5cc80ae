using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.Json;
using k8s.Autorest;
using Nemotron.Cli.Bundles;
using Nemotron.Cli.Clusters;
using Nemotron.Cli.Completions;
using Nemotron.Cli.Doctor;
using Nemotron.Cli.Explanations;
using Nemotron.Cli.Loads;
using Nemotron.Cli.Models;
using Nemotron.Cli.Plans;
using Nemotron.Cli.Predictions;
using Nemotron.Cli.Simulations;
using Nemotron.Cli.Statuses;
using Nemotron.Controllers.Prometheus;
using Nemotron.Kube;
using Nemotron.Planning;
using Nemotron.Planning.Capacity;

namespace Nemotron.Cli;

/// <summary>The command tree of <c>kubectl nemotron</c>.</summary>
internal static class CommandLine
{
    /// <summary>Runs one invocation and gives its exit code.</summary>
    public static int Run(string[] args, Terminal terminal)
    {
        var root = new RootCommand("Plans and inspects Llama-Nemotron deployments.")
        {
            StatusCommand.Create(terminal),
            ExplainCommand.Create(terminal),
            TopCommand.Create(terminal),
            DoctorCommand.Create(terminal),
            SupportBundleCommand.Create(terminal),
            PlanCommand.Create(terminal),
            PredictCommand.Create(terminal),
            SimulateCommand.Create(terminal),
            ModelsCommand.Create(terminal),
            GpusCommand.Create(terminal),
            CompletionCommand.Create(terminal),
        };
        if (args is [CompletionCommand.Asked, .. var words]) return CompletionCommand.Answer(root, words, terminal);
        var parsed = root.Parse(args);
        // The whole help text would bury the one line that says what is wrong.
        if (parsed.Action is ParseErrorAction mistake) mistake.ShowHelp = false;
        try
        {
            var code = parsed.Invoke(new InvocationConfiguration
            {
                // Suggestions for a mistyped word are part of the error, not of what a script reads.
                Output = parsed.Errors.Count > 0 ? terminal.Error : terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
            });
            return parsed.Errors.Count > 0 ? ExitCodes.BadInput : code;
        }
        catch (Exception error) when (error is UnknownNameException or UnknownRateException or CatalogueException or BadInputException or IOException or UnauthorizedAccessException)
        {
            terminal.Error.WriteLine($"error: {error.Message}");
            return ExitCodes.BadInput;
        }
        catch (NotFoundException error)
        {
            terminal.Error.WriteLine($"error: {error.Message}");
            return ExitCodes.NotFound;
        }
        // JSON that cannot be read is a proxy's page in place of an answer, or a word that a newer CRD knows.
        catch (Exception error) when (error is KubeconfigException or HttpOperationException or HttpRequestException or TimeoutException or PrometheusException or JsonException)
        {
            terminal.Error.WriteLine($"error: {ApiErrors.Describe(error)}");
            return ExitCodes.NoAnswer;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
    }
}

/// <summary>What the exit codes mean; the middle one is kubectl diff's.</summary>
internal static class ExitCodes
{
    /// <summary>Done, every plan fits, and no fault was found.</summary>
    public const int Ok = 0;

    /// <summary>Done, but a plan does not fit or is refused.</summary>
    public const int DoesNotFit = 1;

    /// <summary>Done, and <c>doctor</c> found a fault.</summary>
    public const int FaultFound = 1;

    /// <summary>The command line, a name or a file cannot be used.</summary>
    public const int BadInput = 2;

    /// <summary>No kubeconfig can be used, or the API server or Prometheus does not answer, or refuses, or answers what cannot be read.</summary>
    public const int NoAnswer = 3;

    /// <summary>The cluster answers, and what was asked for is not in it.</summary>
    public const int NotFound = 4;

    /// <summary>Ended by Ctrl-C, as shells have it.</summary>
    public const int Interrupted = 130;
}

/// <summary>Input that cannot be used, with the place and the reason as its message.</summary>
internal sealed class BadInputException(string message) : Exception(message);
