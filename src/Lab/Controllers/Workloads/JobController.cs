using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>Runs Jobs to completion, and removes finished ones after <c>ttlSecondsAfterFinished</c>.</summary>
internal sealed class JobController : Controller<ObjectKey>
{
    private readonly Informer jobs;
    private readonly Informer pods;
    private readonly OwnedPods owned;

    /// <summary>A controller over the context's API.</summary>
    public JobController(ControllerContext context, OwnedPods owned)
        : base("job-controller", context)
    {
        this.owned = owned;
        jobs = context.Informers.For(BuiltIn.Jobs);
        pods = context.Informers.For(BuiltIn.Pods);
        jobs.OnChange((_, after) =>
        {
            if (after is not null) Queue.Add(ObjectKey.Of(after));
        });
        pods.OnChange((before, after) =>
        {
            var pod = after ?? before!;
            if (pod.ControllerRef() is { } owner && owner.Text("kind") == "Job") Queue.Add(new(pod.Namespace(), owner.Text("name") ?? ""));
        });
    }

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        if (jobs.Get(key) is not { } job || job.IsDeleting()) return;
        var now = Context.Now;
        if (job.ConditionIsTrue("Complete") || job.ConditionIsTrue("Failed"))
        {
            RemoveWhenExpired(job, now);
            return;
        }

        var started = job.Time("status", "startTime") ?? now;
        var deadline = job.Whole("spec", "activeDeadlineSeconds") is { } seconds ? started.AddSeconds(seconds) : (DateTimeOffset?)null;
        var spec = new JobSpec((int?)job.Whole("spec", "completions"), (int)(job.Whole("spec", "parallelism") ?? 1), (int)(job.Whole("spec", "backoffLimit") ?? 6))
        {
            Suspended = job.Flag("spec", "suspend"),
            Deadline = deadline,
        };
        var plan = Decide(spec, job, now);
        for (var i = 0; i < plan.Create; i++)
        {
            var pod = PodTemplates.NewPod(job, "batch/v1", "Job");
            pod["metadata"]!["generateName"] = job.Name() + "-";
            var made = Context.Api.Create(BuiltIn.Pods, job.Namespace(), pod, Name);
            pods.Observe(made);
            Context.Events.Normal(Name, job, "Job", "batch/v1", "SuccessfulCreate", $"Created pod: {made.Name()}");
        }

        foreach (var name in plan.Delete)
        {
            if (pods.Get(new(job.Namespace(), name)) is not { } pod) continue;
            Context.Api.Delete(BuiltIn.Pods, job.Namespace(), name, uid: pod.Uid());
            pods.ObserveDeletion(pod);
            Context.Events.Normal(Name, job, "Job", "batch/v1", "SuccessfulDelete", $"Deleted pod: {name}");
        }

        WriteStatus(job, plan.Create + plan.Delete.Count > 0 ? Decide(spec, job, now) : plan, spec.Suspended ? null : started, now);
        if (plan.Verdict is null && deadline is { } at) Queue.AddAfter(key, at - now);
    }

    private JobPlan Decide(JobSpec spec, JsonObject job, DateTimeOffset now) => JobDecision.Decide(spec, [.. owned.Of(job).Select(PodFacts.From)], now);

    private void WriteStatus(JsonObject job, JobPlan plan, DateTimeOffset? started, DateTimeOffset now)
    {
        var status = new JsonObject();
        if (job.At("status", "conditions") is { } known) status["conditions"] = known.DeepClone();
        if (started is { } at) status["startTime"] = at.Stamp();
        status.SetCount("active", plan.Active);
        status.SetCount("ready", plan.Ready);
        status.SetCount("succeeded", plan.Succeeded);
        status.SetCount("failed", plan.Failed);
        if (plan.Verdict is { } verdict)
        {
            // Before it is over, the criteria are met; then it is over. Both are told at once here.
            var criteria = verdict == "Complete" ? "SuccessCriteriaMet" : "FailureTarget";
            status["conditions"] = (status["conditions"] as JsonArray)
                .With(criteria, "True", plan.Reason, plan.Message, now, probeTime: true)
                .With(verdict, "True", plan.Reason, plan.Message, now, probeTime: true);
            if (verdict == "Complete") status["completionTime"] = now.Stamp();
        }

        if (JsonNode.DeepEquals(status, job.Obj("status"))) return;
        var changed = job.Copy();
        changed["status"] = status;
        jobs.Observe(Context.Api.Update(BuiltIn.Jobs, job.Namespace(), job.Name(), changed, Name, "status"));
        if (plan.Verdict == "Complete") Context.Events.Normal(Name, job, "Job", "batch/v1", "Completed", "Job completed");
        if (plan.Verdict == "Failed") Context.Events.Warning(Name, job, "Job", "batch/v1", plan.Reason!, plan.Message!);
    }

    private void RemoveWhenExpired(JsonObject job, DateTimeOffset now)
    {
        if (job.Whole("spec", "ttlSecondsAfterFinished") is not { } ttl) return;
        var finished = job.Time("status", "completionTime") ?? job.Condition("Failed").Time("lastTransitionTime") ?? now;
        var at = finished.AddSeconds(ttl);
        if (at > now) Queue.AddAfter(ObjectKey.Of(job), at - now);
        else Context.Api.Delete(BuiltIn.Jobs, job.Namespace(), job.Name(), uid: job.Uid());
    }
}
