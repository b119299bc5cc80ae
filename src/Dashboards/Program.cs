using Nemotron.Dashboards;
using Nemotron.Dashboards.Descriptions;

if (args is not [var root])
{
    Console.Error.WriteLine("usage: dashboards DIRECTORY    writes Grafana's dashboards and Prometheus' rules from their descriptions; DIRECTORY is the repository's root");
    return 2;
}

try
{
    foreach (var (path, text) in GeneratedFiles.All(root))
    {
        var full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        Console.WriteLine(path);
    }

    return 0;
}
catch (DescriptionException e)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}
