namespace Nemotron.Cli.Tests;

/// <summary>One run of the program within the test's process.</summary>
internal sealed record Cli(int ExitCode, string Out, string Error)
{
    public static Cli Run(params string[] args) => RunWith("", args);

    public static Cli RunOn(TimeProvider time, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = CommandLine.Run(args, Terminal.Piped(TextReader.Null, output, error) with { Time = time });
        return new Cli(code, output.ToString(), error.ToString());
    }

    public static Cli RunWith(string input, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = CommandLine.Run(args, Terminal.Piped(new StringReader(input), output, error));
        return new Cli(code, output.ToString(), error.ToString());
    }
}
