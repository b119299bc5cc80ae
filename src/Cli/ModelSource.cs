using System.CommandLine;
using Nemotron.Planning;

namespace Nemotron.Cli;

/// <summary>Which model a command is about: one of the catalogue, that of a <c>config.json</c>, or those of a file. Exactly one of the three.</summary>
internal sealed class ModelSource(string configDescription, string fileDescription)
{
    public Argument<string?> Model { get; } = new("MODEL")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Catalogue name, alias or Hugging Face id; see 'kubectl nemotron models'.",
    };

    public Option<FileInfo?> Config { get; } = new("--config") { Description = configDescription };

    public Option<string?> File { get; } = new("--filename", "-f") { Description = fileDescription };

    /// <summary>Puts the argument and the check on a command; the options take their place among the command's own.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(Model);
        command.Validators.Add(result =>
        {
            var sources = (result.GetValue(Model) is null ? 0 : 1) + (result.GetValue(Config) is null ? 0 : 1) + (result.GetValue(File) is null ? 0 : 1);
            if (sources != 1) result.AddError("give exactly one of MODEL, --config and -f");
        });
    }

    /// <summary>The one model that is meant, where it is no file.</summary>
    public ModelEntry One(ParseResult given, ModelCatalogue models) => given.GetValue(Config) is { } config
        ? HuggingFaceConfig.ReadModel(config.ToString(), System.IO.File.ReadAllText(config.FullName))
        : models.Find(given.GetValue(Model)!);

    /// <summary>The file's name, for messages, and its text; null where it is none.</summary>
    public (string Name, string Text)? Read(ParseResult given, Terminal terminal) => given.GetValue(File) switch
    {
        null => null,
        "-" => ("standard input", terminal.In.ReadToEnd()),
        { } file => (file, System.IO.File.ReadAllText(file)),
    };
}
