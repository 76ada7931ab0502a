using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Sessions;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Care;

/// <summary>
/// Looks at the disks of this machine that backups write to: each must hold its floor, a repository besides the largest VM that has no point there yet,
/// and the staging folder the largest VM of all.
/// </summary>
sealed class RoomChecks(ProxySession session)
{
    readonly List<(VmKey Key, OpenedVcenter Vcenter, VirtualMachine Vm)> _vms = [];
    readonly Dictionary<VmKey, long> _sizes = [];

    GuardSettings Guard => session.Settings.Guard;

    /// <summary>Takes VMs of a vCenter into account: those that jobs select.</summary>
    public void Add(OpenedVcenter vcenter, IEnumerable<VirtualMachine> vms) => _vms.AddRange(vms
        .Where(vm => vm.InstanceUuid is not null && Eligibility.Judge(vm).IsEligible)
        .Select(vm => (new VmKey(vcenter.Connection.InstanceUuid, vm.InstanceUuid!), vcenter, vm)));

    /// <summary>The state folder; null where nobody can tell.</summary>
    public DoctorCheck? State() => session.Parts.Folders(session.Settings.State.Folder) is not { } space
        ? null
        : Check($"state folder {session.Settings.State.Folder}", GuardCodes.StateFull, space, Guard.StateFree, null, "Make room on its disk, or lower VmProxy:Guard:StateFree.");

    /// <summary>The disk of a repository, for the VMs that go there; null where nobody can tell.</summary>
    public async Task<DoctorCheck?> RepositoryAsync(RepositorySettings settings, IReadOnlySet<VmKey> vms, CancellationToken cancellationToken)
    {
        if (session.Parts.Folders(settings.Path) is not { } space)
        {
            return null;
        }

        var repository = await session.RepositoryAsync(settings, cancellationToken).ConfigureAwait(false);
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        var history = await PointHistory.ReadAsync(repository, catalog, cancellationToken).ConfigureAwait(false);
        var largest = await LargestAsync(vm => vms.Contains(vm) && history.Of(vm).Count == 0, cancellationToken).ConfigureAwait(false);
        return Check(
            $"repository {settings.Name} / room", GuardCodes.RepositoryFull, space, Guard.RepositoryFree, largest,
            "Make room ('vmproxy repo prune'), enlarge the disk, or lower VmProxy:Guard:RepositoryFree.");
    }

    /// <summary>The staging folder; null when none is configured.</summary>
    public async Task<DoctorCheck?> StagingAsync(CancellationToken cancellationToken)
    {
        if (session.Settings.Staging.Folder is not { } folder)
        {
            return null;
        }

        var subject = $"staging folder {folder}";
        if (!Directory.Exists(folder))
        {
            return new DoctorCheck(subject, DoctorStatus.Failed, DoctorCodes.StagingMissing, "it does not exist", "Make it, or correct VmProxy:Staging:Folder.");
        }

        return session.Parts.Folders(folder) is not { } space
            ? null
            : Check(
                subject, GuardCodes.StagingFull, space, Guard.StagingFree, await LargestAsync(_ => true, cancellationToken).ConfigureAwait(false),
                "Make room, enlarge the disk, or lower VmProxy:Guard:StagingFree.");
    }

    /// <summary>The VM whose files take most. Measuring makes the server look at the storage, so those that cannot be larger are not asked.</summary>
    async Task<(string Name, long Bytes)?> LargestAsync(Func<VmKey, bool> fits, CancellationToken cancellationToken)
    {
        (string Name, long Bytes)? largest = null;
        foreach (var (key, vcenter, vm) in _vms.Where(one => fits(one.Key)).OrderByDescending(one => Capacity(one.Vm)))
        {
            if (Capacity(vm) <= (largest?.Bytes ?? -1))
            {
                break;
            }

            if (!_sizes.TryGetValue(key, out var bytes))
            {
                var space = await vcenter.Connection.Datastores.MeasureAsync(vm.Id, null, cancellationToken).ConfigureAwait(false);
                _sizes.Add(key, bytes = space.CommittedBytes ?? Capacity(vm));
            }

            largest = bytes > (largest?.Bytes ?? -1) ? (vm.Name, bytes) : largest;
        }

        return largest;
    }

    static long Capacity(VirtualMachine vm) => vm.Disks.Sum(disk => disk.CapacityBytes);

    static DoctorCheck Check(string subject, string code, FolderSpace space, ByteSize floor, (string Name, long Bytes)? vm, string next)
    {
        var wanted = floor.Bytes + (vm?.Bytes ?? 0);
        var wish = $"{Sizes.Text(floor.Bytes)} that must stay free{(vm is { } largest ? $" and {Sizes.Text(largest.Bytes)} for {largest.Name}" : "")}";
        return space.FreeBytes >= wanted
            ? new DoctorCheck(subject, DoctorStatus.Ok, "", $"{Sizes.Text(space.FreeBytes)} free", "")
            : new DoctorCheck(subject, DoctorStatus.Warning, code, $"{Sizes.Text(space.FreeBytes)} of {Sizes.Text(space.CapacityBytes)} free, wanted are {wish}", next);
    }
}
