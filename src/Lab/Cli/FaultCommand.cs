using System.CommandLine;
using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Nemotron.Lab.Engines;

namespace Nemotron.Lab.Cli;

/// <summary><c>nemotron-lab fault</c>: asks for a fault of a simulated engine, by the annotation that kubelets of the Lab heed.</summary>
internal static class FaultCommand
{
    /// <summary>The command, ready to be parsed.</summary>
    public static Command Create()
    {
        var pod = new Argument<string>("POD") { Description = "The pod's name" };
        var fault = new Argument<string>("FAULT") { Description = $"What goes wrong; several with commas; \"none\" takes it back:\n{string.Join("\n", EngineFault.Known.Select(known => $"{known.Name}: {known.Meaning}"))}" };
        fault.Validators.Add(result =>
        {
            try
            {
                if (result.Tokens.Count == 1) EngineFault.Parse(result.Tokens[0].Value);
            }
            catch (FormatException unknown)
            {
                result.AddError(unknown.Message);
            }
        });
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "The Lab's kubeconfig; KUBECONFIG by default", HelpName = "FILE" };
        var ns = new Option<string>("--namespace", "-n") { Description = "The pod's namespace", DefaultValueFactory = _ => "default", HelpName = "NAME" };
        var command = new Command("fault", "Lets a simulated engine fail, as \"kubectl annotate pod POD lab.nemotron.dev/fault=FAULT\" does") { pod, fault, kubeconfig, ns };
        command.SetAction((parsed, cancel) => RunAsync(
            parsed.GetValue(kubeconfig), parsed.GetValue(ns)!, parsed.GetValue(pod)!, parsed.GetValue(fault)!, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancel));
        return command;
    }

    private static async Task<int> RunAsync(string? kubeconfig, string ns, string pod, string fault, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        try
        {
            using var client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig));
            // The mark behind # strikes again where the same fault has struck before.
            var value = fault == "none" ? null : $"{fault}#{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}";
            var patch = new V1Patch(
                new Dictionary<string, object> { ["metadata"] = new Dictionary<string, object> { ["annotations"] = new Dictionary<string, string?> { [EngineFault.Annotation] = value } } },
                V1Patch.PatchType.MergePatch);
            await client.CoreV1.PatchNamespacedPodAsync(patch, pod, ns, cancellationToken: cancel).ConfigureAwait(false);
        }
        catch (HttpOperationException refused)
        {
            var why = refused.Response.StatusCode == HttpStatusCode.NotFound ? $"there is no pod {pod} in namespace {ns}; --namespace names another" : refused.Response.Content;
            await error.WriteLineAsync($"error: {why}").ConfigureAwait(false);
            return UpCommand.Failed;
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or IOException or k8s.Exceptions.KubeConfigException)
        {
            await error.WriteLineAsync($"error: {unreachable.Message} Is the Lab running, and is --kubeconfig its own?").ConfigureAwait(false);
            return UpCommand.Failed;
        }

        await output.WriteLineAsync(fault == "none" ? $"{pod}: no fault" : $"{pod}: {fault} (simulated)").ConfigureAwait(false);
        return UpCommand.Ok;
    }
}
