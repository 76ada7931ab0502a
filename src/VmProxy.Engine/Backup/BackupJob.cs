using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Care;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Sessions;
using VmProxy.Engine.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>Backs up the VMs of a job, several at a time.</summary>
/// <param name="session">What the job works with.</param>
/// <param name="progress">Hears how far each disk is; may be null.</param>
public sealed class BackupJob(ProxySession session, IProgress<WorkProgress>? progress)
{
    /// <summary>Runs the job now. Failures of single VMs are in the report.</summary>
    /// <exception cref="EngineException">Nothing could be begun: an unknown VM, an empty selection.</exception>
    /// <exception cref="ConfigurationException">There is no such job.</exception>
    public async Task<BackupReport> RunAsync(BackupRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var job = session.Settings.FindJob(request.Job);
        var level = request.Level ?? job.Level;
        var started = session.Time.GetUtcNow();
        var repository = await session.RepositoryAsync(session.Settings.RepositoryOf(job), cancellationToken).ConfigureAwait(false);
        var vcenter = await session.VcenterAsync(session.Settings.VcenterOf(job), cancellationToken).ConfigureAwait(false);

        var run = await RunScope.BeginAsync(session, RunKind.Backup, job.Name, LevelNames.Of(level), cancellationToken).ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        {
            var log = session.Loggers.CreateLogger<BackupJob>();
            var swept = await new Janitor(session).SweepAsync(run.Id, run.Token).ConfigureAwait(false);
            var catalog = await session.CatalogAsync(run.Token).ConfigureAwait(false);
            var inventory = await vcenter.Connection.ReadInventoryAsync(run.Token).ConfigureAwait(false);
            await catalog.Vms.RecordSeenAsync(Seen(inventory, vcenter.Connection.InstanceUuid), run.Token).ConfigureAwait(false);
            var vms = Select(inventory, job, request.VirtualMachines);
            using var slots = new SemaphoreSlim(job.Limits.ConcurrentDisks);
            var changes = new ChangeLog(catalog, session.Parts.Checkpoints, run.Id, vcenter.Connection.InstanceUuid);
            using var transports = TransportFactory.Create(session, vcenter, inventory, changes, request.Transports);
            var context = new BackupContext
            {
                RunId = run.Id,
                Job = job,
                Level = level,
                Guard = session.Settings.Guard,
                Catalog = catalog,
                Repository = repository,
                Vcenter = vcenter,
                Inventory = inventory,
                Transports = transports,
                History = await PointHistory.ReadAsync(repository, catalog, run.Token).ConfigureAwait(false),
                Changes = changes,
                Checkpoints = session.Parts.Checkpoints,
                DiskSlots = slots,
                Time = session.Time,
                Log = log,
                Progress = progress,
            };
            var reports = await BackUpAllAsync(context, vms, named: request.VirtualMachines.Count > 0, run.Token).ConfigureAwait(false);
            var report = new BackupReport
            {
                RunId = run.Id,
                Job = job.Name,
                Started = started,
                Finished = session.Time.GetUtcNow(),
                Outcome = Worst(reports, swept),
                VirtualMachines = reports,
                Warnings = [.. swept.Findings, .. swept.Errors],
            };
            await run.EndAsync(Recorded(report.Outcome), reports.FirstOrDefault(vm => vm.Error is not null)?.Error).ConfigureAwait(false);
            return report;
        }
    }

    async Task<VmReport[]> BackUpAllAsync(
        BackupContext context, IReadOnlyList<VirtualMachine> vms, bool named, CancellationToken cancellationToken)
    {
        var reports = new VmReport[vms.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = context.Job.Limits.ConcurrentVms, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, vms.Count), options, async (index, token) =>
        {
            var vm = vms[index];
            var began = session.Time.GetUtcNow();
            var report = named ? null : Skipped(vm);
            reports[index] = report ??= await new VmBackup(context, vm).RunAsync(token).ConfigureAwait(false);
            await context.Catalog.Runs
                .RecordVmAsync(RunResults.Of(context, vm, report, began, session.Time.GetUtcNow()), token).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return reports;
    }

    /// <summary>Within a job, a VM that cannot be backed up by its nature is skipped with a warning; one that was named is a failure.</summary>
    static VmReport? Skipped(VirtualMachine vm)
    {
        var refusals = Eligibility.Judge(vm).Findings.Where(finding => finding.Kind == FindingKind.Refusal).ToArray();
        return refusals.Length == 0 ? null : new VmReport
        {
            Name = vm.Name,
            Outcome = Outcome.Warning,
            Warnings = [.. refusals.Select(refusal => new Failure(
                refusal.Code, vm.Name, "judge the VM", $"It was not backed up: {refusal.Reason}.", "Exclude it from the job, or back it up from inside."))],
        };
    }

    static VirtualMachine[] Select(Inventory inventory, JobSettings job, IReadOnlyList<string> names)
    {
        var chosen = names.Count > 0
            ? [.. names.Distinct(StringComparer.Ordinal).Select(name => Named(inventory, name))]
            : inventory.VirtualMachines.Where(vm => job.Selection().Selects(vm.Name)).ToArray();
        return chosen.Length > 0
            ? [.. chosen.OrderBy(vm => vm.Name, StringComparer.Ordinal)]
            : throw new EngineException(
                ReasonCodes.SelectionEmpty, $"job {job.Name}", "select VMs", "Its selection fits no VM of the inventory.",
                "Compare VmProxy:Jobs with `vmproxy vms`.");
    }

    static VirtualMachine Named(Inventory inventory, string name)
    {
        var found = inventory.VirtualMachines.Where(vm => vm.Name == name).ToArray();
        return found.Length switch
        {
            1 => found[0],
            0 => throw new EngineException(
                ReasonCodes.VmUnknown, name, "find the VM", "There is no VM of this name.", "`vmproxy vms` lists them; names are case-sensitive."),
            _ => throw new EngineException(
                ReasonCodes.VmAmbiguous, name, "find the VM",
                $"{found.Length} VMs have this name: {string.Join(", ", found.Select(vm => $"{vm.FolderPath} ({vm.Id.Value})"))}.", "Rename all but one."),
        };
    }

    static IEnumerable<VmRecord> Seen(Inventory inventory, string vcenterUuid) => inventory.VirtualMachines
        .Where(vm => !string.IsNullOrEmpty(vm.InstanceUuid))
        .DistinctBy(vm => vm.InstanceUuid)
        .Select(vm => new VmRecord(new VmKey(vcenterUuid, vm.InstanceUuid!), vm.Name, vm.Id.ToString()));

    static Outcome Worst(IEnumerable<VmReport> reports, JanitorReport swept) => reports
        .Select(report => report.Outcome)
        .Append(swept.Errors.Count + swept.Findings.Count > 0 ? Outcome.Warning : Outcome.Done)
        .Max();

    static RunOutcome Recorded(Outcome outcome) => outcome switch
    {
        Outcome.Done => RunOutcome.Succeeded,
        Outcome.Warning => RunOutcome.Warning,
        _ => RunOutcome.Failed,
    };
}
