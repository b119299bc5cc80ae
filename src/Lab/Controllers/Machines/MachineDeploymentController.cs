using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Machines;

/// <summary>
/// Simulates Cluster API's MachineDeployments: as many simulated machines as replicas, each a node after a while. When fewer are wanted, those marked
/// with <see cref="ClusterApi.DeleteFirst"/> go first, then the youngest, whatever runs there.
/// </summary>
internal sealed class MachineDeploymentController : Controller<ObjectKey>
{
    private const int JoinSeconds = 60;
    private readonly Informer deployments;
    private readonly Informer machines;
    private readonly MachineMaker maker;

    /// <summary>A controller over the context's API, which serves the definitions.</summary>
    public MachineDeploymentController(ControllerContext context, MachineMaker maker)
        : base("simulated-machinedeployment-controller", context)
    {
        this.maker = maker;
        deployments = context.Informers.For(ClusterApi.Deployments);
        machines = context.Informers.For(ClusterApi.Machines);
        deployments.OnChange((before, after) => Queue.Add(ObjectKey.Of(after ?? before!)));
        machines.OnChange((before, after) =>
        {
            var machine = after ?? before!;
            if (machine.Label(ClusterApi.DeploymentLabel) is { } owner) Queue.Add(new(machine.Namespace(), owner));
        });
    }

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        var deployment = deployments.Get(key);
        var mine = machines.All.Where(machine => machine.Namespace() == key.Namespace && machine.Label(ClusterApi.DeploymentLabel) == key.Name).ToList();
        var wanted = deployment is null || deployment.IsDeleting() ? 0 : (int)(deployment.Whole("spec", "replicas") ?? 1);
        foreach (var victim in Victims(mine).Take(Math.Max(0, mine.Count - wanted)).ToList())
        {
            maker.Leave(victim.Name());
            Context.Api.Delete(ClusterApi.Machines, key.Namespace, victim.Name());
            machines.ObserveDeletion(victim);
            mine.Remove(victim);
        }

        if (deployment is null) return;
        for (var number = 0; mine.Count < wanted; number++)
        {
            var name = $"{key.Name}-{number}";
            if (machines.Get(new(key.Namespace, name)) is not null || Context.Api.Get(ClusterApi.Machines, key.Namespace, name) is not null) continue;
            var made = Context.Api.Create(ClusterApi.Machines, key.Namespace, Machine(deployment, name), Name);
            machines.Observe(made);
            mine.Add(made);
        }

        foreach (var machine in mine) Join(deployment, machine);
        WriteStatus(deployment, mine.Count);
    }

    private static IOrderedEnumerable<JsonObject> Victims(List<JsonObject> machines) =>
        machines.OrderByDescending(machine => machine.Annotation(ClusterApi.DeleteFirst) is not null).ThenByDescending(machine => machine.Created()).ThenByDescending(machine => machine.Name(), StringComparer.Ordinal);

    private static JsonObject Machine(JsonObject deployment, string name) => new()
    {
        ["apiVersion"] = $"{ClusterApi.Group}/{ClusterApi.Version}",
        ["kind"] = "Machine",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = deployment.Namespace(),
            ["labels"] = new JsonObject { [ClusterApi.DeploymentLabel] = deployment.Name() },
        },
        ["spec"] = new JsonObject { ["clusterName"] = deployment.Text("spec", "clusterName") ?? "lab" },
    };

    private void Join(JsonObject deployment, JsonObject machine)
    {
        if (machine.Text("status", "nodeRef", "name") is not null) return;
        var seconds = int.Parse(deployment.Annotation(ClusterApi.JoinSecondsAnnotation) ?? $"{JoinSeconds}", CultureInfo.InvariantCulture);
        var due = machine.Created().AddSeconds(seconds);
        if (due > Context.Now)
        {
            Queue.AddAfter(ObjectKey.Of(deployment), due - Context.Now);
            return;
        }

        if (Context.Api.Get(BuiltIn.Nodes, null, machine.Name()) is null)
        {
            var annotations = new JsonObject { [$"{ClusterApi.Group}/machine"] = machine.Name(), [$"{ClusterApi.Group}/cluster-namespace"] = machine.Namespace() };
            maker.Join(deployment.Annotation(ClusterApi.MachineAnnotation) ?? "H100:8", machine.Name(), deployment.Obj("spec", "template", "metadata", "labels"), annotations, null, withGpus: true);
        }

        machines.Observe(Context.Api.MergePatch(ClusterApi.Machines, machine.Namespace(), machine.Name(), new JsonObject { ["status"] = new JsonObject { ["nodeRef"] = new JsonObject { ["name"] = machine.Name() } } }, Name, "status"));
    }

    private void WriteStatus(JsonObject deployment, int count)
    {
        if (deployment.Whole("status", "replicas") == count) return;
        deployments.Observe(Context.Api.MergePatch(ClusterApi.Deployments, deployment.Namespace(), deployment.Name(), new JsonObject { ["status"] = new JsonObject { ["replicas"] = count } }, Name, "status"));
    }
}
