using VmProxy.Catalog;
using VmProxy.Engine.Backup;

namespace VmProxy.Engine.Guard;

/// <summary>What the guard did for a VM, as the catalog keeps it.</summary>
static class GuardNotes
{
    /// <summary>The code under which the times of a snapshot are kept.</summary>
    public const string SnapshotTimes = "SNAPSHOT_TIMES";

    public static IEnumerable<ResultReason> Of(VmReport report)
    {
        if (report.Snapshot is { } times)
        {
            yield return new ResultReason(ReasonSeverity.Info, SnapshotTimes, times.RemovalMilliseconds is { } removal
                ? $"The snapshot stood for {Text(times.HeldMilliseconds)}; removing it took {Text(removal)} of that."
                : $"The snapshot stood for {Text(times.HeldMilliseconds)} and could not be removed.");
        }

        foreach (var disk in report.Disks.Where(disk => disk.Slowed is not null))
        {
            yield return new ResultReason(
                ReasonSeverity.Info, GuardCodes.ReadsSlowed,
                $"{disk.Label}: reads took up to {disk.Slowed!.WorstLatencyMilliseconds} ms, so at times only {disk.Slowed.FewestReads} of {disk.Slowed.MostReads} were made at the same time.",
                disk.Key);
        }
    }

    static string Text(long milliseconds) => Sizes.Text(TimeSpan.FromMilliseconds(milliseconds));
}
