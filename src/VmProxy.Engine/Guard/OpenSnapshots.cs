using VmProxy.Catalog;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Guard;

/// <summary>
/// The snapshots of this installation that exist or are about to: the open entries of the journal. Those of runs at work will go; those that a run
/// left behind, or could not remove, take room still, and are not waited for.
/// </summary>
sealed class OpenSnapshots
{
    readonly IReadOnlyList<(JournalRecord Record, SnapshotIntent Intent, bool WillGo)> _open;
    readonly string _vcenterUuid;

    public OpenSnapshots(IReadOnlyList<JournalRecord> journal, string vcenterUuid, DateTimeOffset now, IProcessTable processes)
    {
        _vcenterUuid = vcenterUuid;
        _open =
        [
            .. journal.Where(record => record.Entry.Kind == JournalKind.Snapshot)
                .Select(record => (record, SnapshotIntent.Of(record), record.Attempts == 0 && record.Owner.IsOwnerAlive(now, processes))),
        ];
    }

    /// <summary>
    /// Why the VM must wait, or null: another run has a snapshot of it. Two at once would nest, and each would keep the other's disks from being
    /// attached, removed and consolidated.
    /// </summary>
    public string? Busy(JournalEntry wanted) => _open
        .Where(open => open.WillGo && open.Record.Entry.RunId != wanted.RunId && open.Record.Entry.VcenterUuid == wanted.VcenterUuid
            && open.Record.Entry.VmInstanceUuid == wanted.VmInstanceUuid)
        .Select(open => $"run {open.Record.Entry.RunId} (process {open.Record.Owner.Owner.ProcessId}) has a snapshot of it")
        .FirstOrDefault();

    /// <summary>Why one more must wait for its turn, or null: so many are allowed on a datastore and on a host.</summary>
    public string? Full(SnapshotIntent intent, IReadOnlyList<RoomNeed> needs, GuardSettings guard)
    {
        var going = _open.Where(open => open.WillGo).ToArray();
        foreach (var need in needs.Where(need => need.Code == Backup.ReasonCodes.NoRoom))
        {
            var there = going.Count(open => open.Intent.At(need.Place) is not null);
            if (there >= guard.SnapshotsPerDatastore)
            {
                return $"{need.Name} has {there} snapshots of ours, and {guard.SnapshotsPerDatastore} are allowed (VmProxy:Guard:SnapshotsPerDatastore)";
            }
        }

        var beside = going.Count(open => intent.Host is not null && open.Record.Entry.VcenterUuid == _vcenterUuid && open.Intent.Host == intent.Host);
        return beside >= guard.SnapshotsPerHost
            ? $"its host has {beside} snapshots of ours, and {guard.SnapshotsPerHost} are allowed (VmProxy:Guard:SnapshotsPerHost)"
            : null;
    }

    /// <summary>Why the room must be waited for, or null. What has been written already is reckoned once more: rather wait than be wrong.</summary>
    /// <param name="needs">What is needed, measured a moment ago.</param>
    /// <param name="vm">The VM, for the refusal.</param>
    /// <param name="refusal">Why waiting is of no use; null when it is.</param>
    public string? NoRoom(IReadOnlyList<RoomNeed> needs, string vm, out Failure? refusal)
    {
        refusal = null;
        foreach (var need in needs)
        {
            var left = _open.Where(open => !open.WillGo).Sum(open => open.Intent.At(need.Place)?.Bytes ?? 0);
            var going = _open.Where(open => open.WillGo).Sum(open => open.Intent.At(need.Place)?.Bytes ?? 0);
            if (!need.FitsBeside(left))
            {
                refusal = need.Refusal(vm, left);
                return refusal.Message;
            }

            if (!need.FitsBeside(left + going))
            {
                return $"{need.Name} has room for it only after other snapshots of ours, for which {Sizes.Text(going)} are kept";
            }
        }

        return null;
    }

    /// <summary>What merging back the snapshots of other runs takes at a place.</summary>
    public long MergeBytesOfOthers(string place, string runId) =>
        _open.Where(open => open.Record.Entry.RunId != runId).Sum(open => open.Intent.At(place)?.MergeBytes ?? 0);
}
