using Nemotron.Crds.Generation;

if (args is not [var directory, .. { Length: <= 1 } page])
{
    Console.Error.WriteLine("usage: crds-generator DIRECTORY [PAGE]    writes one CustomResourceDefinition per kind, and kustomization.yaml, into DIRECTORY; and the API reference into PAGE");
    return 2;
}

Directory.CreateDirectory(directory);
foreach (var (name, text) in CrdFiles.All())
{
    var path = Path.Combine(directory, name);
    File.WriteAllText(path, text);
    Console.WriteLine(path);
}

if (page is [var reference])
{
    File.WriteAllText(reference, ApiReference.Page());
    Console.WriteLine(reference);
}

return 0;
