using System.CommandLine;
using Nemotron.Cli.Clusters;
using Nemotron.Cli.Doctor;

namespace Nemotron.Cli.Bundles;

/// <summary><c>kubectl nemotron support-bundle</c>: what somebody who helps wants to see, without secrets, in one file.</summary>
internal static class SupportBundleCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Option<FileInfo>("--output", "-o") { Description = "The file to write, such as nemotron.tar.gz.", Required = true };
        var cluster = new ClusterOptions();
        var command = new Command("support-bundle", "Writes resources, children, events, logs and the doctor's findings into one gzipped tar, without secrets: no Secret is read, and what looks like a token is taken out.") { file };
        cluster.AddTo(command, allNamespaces: true);
        command.SetAction(async (given, cancellationToken) =>
        {
            using var api = cluster.Open(given, terminal.Time);
            var ns = cluster.Namespace(given, api);
            var now = terminal.Time.GetUtcNow();
            // Before the file is made: without an answer there is nothing to put into it.
            var survey = await new SurveyReader(api, terminal.Time).ReadAsync(ns ?? api.Namespace, null, null, cancellationToken);
            var path = given.GetValue(file)!.FullName;
            using var bundle = new BundleFile(path, now);
            using (var text = new StringWriter())
            {
                Structured.Write(text, OutputFormat.Yaml, Diagnosis.Of(survey));
                bundle.Add("doctor.yaml", Redaction.Of(text.ToString()));
            }

            var contents = new BundleContents(api, bundle);
            foreach (var entity in survey.Deployments.Value ?? [])
                if (ns is null || entity.Metadata.NamespaceProperty == ns) await contents.StatusAsync(entity, now, cancellationToken);
            await contents.GatherAsync(ns, cancellationToken);
            terminal.Out.WriteLine($"{path}: {bundle.Count} files{(bundle.Incomplete.Count > 0 ? $"; {bundle.Incomplete.Count} things could not be had whole, see INCOMPLETE.txt in it" : "")}. Look through it before you send it.");
            return ExitCodes.Ok;
        });
        return command;
    }
}
