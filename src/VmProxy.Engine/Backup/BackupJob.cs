using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Care;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Selection;
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
    /// <exception cref="BackupCancelledException">It was cancelled while VMs were backed up; the exception tells which of them were done.</exception>
    public async Task<BackupReport> RunAsync(BackupRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var job = session.Settings.FindJob(request.Job);
        var level = request.Level ?? job.Level;
        var repository = await session.RepositoryAsync(session.Settings.RepositoryOf(job), cancellationToken).ConfigureAwait(false);
        var vcenter = await session.VcenterAsync(session.Settings.VcenterOf(job), cancellationToken).ConfigureAwait(false);

        var run = await RunScope.BeginAsync(session, RunKind.Backup, job.Name, LevelNames.Of(level), cancellationToken).ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        {
            var commands = new JobCommands(session, run.Id, job, level, repository, vcenter);
            var report = await run.DoAsync(token => commands.AroundAsync(
                () => RunAsync(run.Id, request, job, level, repository, vcenter, cancellationToken, token), token)).ConfigureAwait(false);
            report = await EndAsync(run, report).ConfigureAwait(false);
            if (report.Error is not null)
            {
                throw new BackupCancelledException(report, cancellationToken);
            }

            await new RepositorySampler(session).CountWhenDueAsync(repository, cancellationToken).ConfigureAwait(false);
            return report;
        }
    }

    async Task<BackupReport> RunAsync(
        string runId, BackupRequest request, JobSettings job, BackupLevel level, OpenedRepository repository, OpenedVcenter vcenter,
        CancellationToken caller, CancellationToken cancellationToken)
    {
        var started = session.Time.GetUtcNow();
        var log = session.Loggers.CreateLogger<BackupJob>();
        var swept = await new Janitor(session).SweepAsync(runId, SweepOccasion.RunStart, cancellationToken).ConfigureAwait(false);
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        var inventory = await vcenter.Connection.ReadInventoryAsync(cancellationToken).ConfigureAwait(false);
        await catalog.Vms.RecordSeenAsync(Seen(inventory, vcenter.Connection.InstanceUuid), cancellationToken).ConfigureAwait(false);
        var chooser = await VmChooser.ReadAsync(vcenter, inventory, [job], cancellationToken).ConfigureAwait(false);
        var vms = Select(inventory, job, request, chooser);
        Failure[] unmatched =
        [
            .. new DiskExclusions(job.ExcludeDisks).WithoutMatch(job.Name, [.. inventory.VirtualMachines.Where(vm => chooser.Selects(job, vm)), .. vms]),
            .. request.VirtualMachines.Count > 0 ? [] : chooser.WithoutMatch(job).Select(entry => Unmatched(job, entry)),
        ];
        using var slots = new SemaphoreSlim(job.Limits.ConcurrentDisks);
        using var vmSlots = new SemaphoreSlim(job.Limits.ConcurrentVms);
        var changes = new ChangeLog(catalog, session.Parts.Checkpoints, runId, vcenter.Connection.InstanceUuid);
        var wishes = new TransportWishes { Order = request.Transports, AllowUnproven = job.AllowUnprovenTransports };
        using var transports = await TransportFactory.CreateAsync(session, vcenter, inventory, changes, wishes, cancellationToken).ConfigureAwait(false);
        var history = await PointHistory.ReadAsync(repository, catalog, cancellationToken).ConfigureAwait(false);
        var scope = GuardScope.Of(session, runId, catalog, vcenter, inventory, log) with
        {
            Level = level, Repository = repository, History = history, VmSlots = vmSlots, BeginUntil = request.BeginUntil,
        };
        var guard = new SpaceGuard(scope);
        await using var watching = guard.ConfigureAwait(false);
        var context = new BackupContext
        {
            RunId = runId,
            Job = job,
            Level = level,
            Guard = guard,
            Catalog = catalog,
            Repository = repository,
            Vcenter = vcenter,
            Inventory = inventory,
            Transports = transports,
            History = history,
            Changes = changes,
            Checkpoints = session.Parts.Checkpoints,
            DiskSlots = slots,
            VmSlots = vmSlots,
            Seed = session.Parts.Seed,
            EvidenceFolder = Path.Combine(session.Settings.State.Folder, "evidence"),
            Time = session.Time,
            Log = log,
            Progress = progress,
        };
        var reports = await new VmTurns(context, request).RunAsync(vms, caller, cancellationToken).ConfigureAwait(false);
        return new BackupReport
        {
            RunId = runId,
            Job = job.Name,
            Started = started,
            Finished = session.Time.GetUtcNow(),
            Error = reports.Any(report => report.Error?.Code == ReasonCodes.Cancelled) ? VmTurns.Cancelled($"run {runId}", "What had been done is listed.") : null,
            Outcome = unmatched.Length > 0 && Worst(reports, swept) == Outcome.Done ? Outcome.Warning : Worst(reports, swept),
            VirtualMachines = reports,
            Warnings = [.. swept.Findings, .. swept.Errors, .. unmatched],
        };
    }

    /// <summary>The points exist whatever the catalog says: an end that cannot be recorded there is a warning.</summary>
    static async Task<BackupReport> EndAsync(RunScope run, BackupReport report)
    {
        try
        {
            var error = report.Error ?? report.VirtualMachines.FirstOrDefault(vm => vm.Error is not null)?.Error;
            await run.EndAsync(report.Error is null ? Recorded(report.Outcome) : RunOutcome.Cancelled, error).ConfigureAwait(false);
            return report;
        }
        catch (CatalogException exception)
        {
            return report with
            {
                Outcome = report.Outcome == Outcome.Failed ? Outcome.Failed : Outcome.Warning,
                Warnings = [.. report.Warnings, VmTurns.CatalogBehind($"run {run.Id}", "record the end of the run", exception)],
            };
        }
    }

    /// <summary>A VM that was renamed or moved goes without a backup from that day on, which nobody would notice by what was done.</summary>
    static Failure Unmatched(JobSettings job, string entry) => new(
        ReasonCodes.SelectionUnmatched, $"job {job.Name}", "select VMs", $"Its entry '{entry}' (Vms) fits no VM of the inventory: it is mistyped, or what it named was renamed, moved or deleted.",
        "Correct the entry or take it out; `vmproxy vms` lists the VMs.");

    static VirtualMachine[] Select(Inventory inventory, JobSettings job, BackupRequest request, VmChooser chooser)
    {
        var names = request.VirtualMachines;
        var chosen = names.Count > 0
            ? [.. names.Distinct(StringComparer.Ordinal).Select(name => Named(inventory, name))]
            : inventory.VirtualMachines.Where(vm => chooser.Selects(job, vm) && request.Only?.Contains(vm.InstanceUuid ?? "") != false).ToArray();
        return chosen.Length > 0
            ? [.. chosen.OrderBy(vm => vm.Name, StringComparer.Ordinal)]
            : throw new EngineException(
                ReasonCodes.SelectionEmpty, $"job {job.Name}", "select VMs", "Its selection fits no VM of the inventory.",
                "Compare VmProxy:Jobs with `vmproxy vms`.");
    }

    /// <summary>The VM of a name.</summary>
    /// <exception cref="EngineException">There is none, or several.</exception>
    internal static VirtualMachine Named(Inventory inventory, string name)
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
