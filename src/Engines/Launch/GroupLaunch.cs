using System.Globalization;

namespace Nemotron.Engines.Launch;

/// <summary>
/// One replica over several pods: one MPI world with a rank for each GPU, in which rank 0 serves and the others compute
/// (TensorRT-LLM's documentation of trtllm-serve: <c>mpirun -n WORLD trtllm-llmapi-launch trtllm-serve …</c>).
/// </summary>
/// <remarks>
/// mpirun wants to start a daemon in every pod. With ssh every image needs a server for it and every pod a key; the way of NVIDIA's tutorial
/// (triton-inference-server/tutorials, EKS_Multinode_Triton_TRTLLM: <c>kubectl exec</c> in place of ssh) needs kubectl in the image and gives the
/// pods that run the model the right to run anything in any pod of the namespace. Here the workers call the leader and keep the connection
/// (<c>Scripts/mpi_group.py</c>): Python and mpirun are in both images, no rights are needed, no worker listens, and a broken
/// connection tells either side at once, where the tutorial's workers go on running when their rank has died.
/// </remarks>
internal static class GroupLaunch
{
    private const string ScriptFile = "mpi_group.py";

    // Above the ports of the engines; the ones of MPI and NCCL come from the system's range.
    private const int Port = 7070;

    /// <summary>The same engine as <paramref name="single"/>, started over <paramref name="pods"/> pods.</summary>
    public static LaunchSpec Over(LaunchSpec single, int pods, int gpusPerPod)
    {
        var port = Port.ToString(CultureInfo.InvariantCulture);
        string[] script = ["python3", $"{LaunchSpec.ConfigFolder}/{ScriptFile}"];
        return single with
        {
            Command = [.. script, "lead", "--nodes", $"{pods}", "--gpus", $"{gpusPerPod}", "--port", port, "--", .. single.Command],
            WorkerCommand = [.. script, "join", "--port", port],
            ConfigFiles = new Dictionary<string, string>(single.ConfigFiles) { [ScriptFile] = EmbeddedScript.Read(ScriptFile) },
            GroupPort = new EnginePort(LaunchSpec.GroupPortName, Port),
        };
    }
}
