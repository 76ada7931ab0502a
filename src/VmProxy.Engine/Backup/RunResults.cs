using VmProxy.Catalog;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Guard;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>A VM's report as the catalog keeps it.</summary>
static class RunResults
{
    public static RunVmResult Of(BackupContext context, VirtualMachine vm, VmReport report, DateTimeOffset began, DateTimeOffset ended) => new()
    {
        RunId = context.RunId,
        Vm = new VmKey(context.Vcenter.Connection.InstanceUuid, vm.InstanceUuid ?? vm.Id.ToString()),
        VmName = vm.Name,
        VmMoRef = vm.Id.ToString(),
        Outcome = report switch
        {
            { Point: null, Outcome: Outcome.Warning } => VmOutcome.Skipped,
            { Outcome: Outcome.Done } => VmOutcome.Succeeded,
            { Outcome: Outcome.Warning } => VmOutcome.Warning,
            _ => VmOutcome.Failed,
        },
        StartedAt = began,
        EndedAt = ended,
        PointId = report.Point,
        Level = report.Disks.Count == 0 ? null : LevelNames.Of(report.Disks.Max(disk => disk.Level)),
        Quiesced = report.Quiesced,
        CapacityBytes = report.Disks.Sum(disk => disk.CapacityBytes),
        ChangedBytes = report.Disks.Sum(disk => disk.AreaBytes),
        ReadBytes = report.Disks.Sum(disk => disk.ReadBytes),
        StoredBytes = report.StoredBytes,
        MetadataBytes = report.MetadataBytes,
        ErrorCode = report.Error?.Code,
        Error = report.Error?.ToString(),
        Reasons = [.. Decisions(report), .. LeftOut(report), .. Commands(report), .. GuardNotes.Of(report), .. report.Notes.Select(Note), .. report.Warnings.Select(Warning)],
    };

    static IEnumerable<ResultReason> Decisions(VmReport report) => report.Disks.SelectMany(disk => disk.TransportReasons
        .Prepend(disk.LevelReason)
        .Select(code => new ResultReason(ReasonSeverity.Info, code, $"{disk.Label}: {disk.Level} by {disk.Transport}", disk.Key)));

    static IEnumerable<ResultReason> LeftOut(VmReport report) =>
        report.ExcludedDisks.Select(disk => new ResultReason(ReasonSeverity.Info, disk.Code, disk.Reason, disk.Key));

    static IEnumerable<ResultReason> Commands(VmReport report) => report.Commands.Select(command => new ResultReason(
        ReasonSeverity.Info, $"COMMAND_{command.Step.ToUpperInvariant().Replace('-', '_')}",
        $"{command.Program}: {command.Problem ?? $"exit code {command.ExitCode}"} after {command.Milliseconds} ms\n{command.Output}".TrimEnd()));

    static ResultReason Note(Failure note) => new(ReasonSeverity.Info, note.Code, note.ToString());

    static ResultReason Warning(Failure warning) => new(ReasonSeverity.Warning, warning.Code, warning.ToString());
}
