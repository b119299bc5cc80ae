using Nemotron.Crds.Generation;

if (args is not [var directory])
{
    Console.Error.WriteLine("usage: crds-generator DIRECTORY    writes one CustomResourceDefinition per kind, and kustomization.yaml, into DIRECTORY");
    return 2;
}

Directory.CreateDirectory(directory);
foreach (var (name, text) in CrdFiles.All())
{
    var path = Path.Combine(directory, name);
    File.WriteAllText(path, text);
    Console.WriteLine(path);
}

return 0;
