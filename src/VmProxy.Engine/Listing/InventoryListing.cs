using System.Runtime.CompilerServices;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Selection;
using VmProxy.Engine.Sessions;
using VmProxy.Engine.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Listing;

/// <summary>Lists what the vCenters hold, with what would and would not be backed up.</summary>
/// <param name="session">What it works with.</param>
public sealed class InventoryListing(ProxySession session)
{
    /// <summary>All VMs of all vCenters, by name.</summary>
    public async Task<IReadOnlyList<VmListing>> VirtualMachinesAsync(CancellationToken cancellationToken)
    {
        List<VmListing> listing = [];
        await foreach (var (vcenter, inventory) in InventoriesAsync(cancellationToken).ConfigureAwait(false))
        {
            using var transports = await TransportFactory.CreateToJudgeAsync(session, vcenter, inventory, cancellationToken).ConfigureAwait(false);
            var coverage = await new CoverageReporter(session).JudgeAsync(vcenter, inventory, cancellationToken).ConfigureAwait(false);
            listing.AddRange(inventory.VirtualMachines.Zip(coverage, (vm, covered) => Listing(vcenter, vm, inventory, transports, covered)));
        }

        return [.. listing.OrderBy(vm => vm.Name, StringComparer.Ordinal)];
    }

    /// <summary>All datastores of all vCenters, by name.</summary>
    public async Task<IReadOnlyList<DatastoreListing>> DatastoresAsync(CancellationToken cancellationToken)
    {
        List<DatastoreListing> listing = [];
        await foreach (var (vcenter, inventory) in InventoriesAsync(cancellationToken).ConfigureAwait(false))
        {
            using var transports = await TransportFactory.CreateToJudgeAsync(session, vcenter, inventory, cancellationToken).ConfigureAwait(false);
            listing.AddRange(inventory.Datastores.Select(datastore => Listing(vcenter, datastore, inventory, transports)));
        }

        return [.. listing.OrderBy(datastore => datastore.Name, StringComparer.Ordinal)];
    }

    async IAsyncEnumerable<(OpenedVcenter Vcenter, Inventory Inventory)> InventoriesAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var settings in session.Settings.VCenters)
        {
            var vcenter = await session.VcenterAsync(settings, cancellationToken).ConfigureAwait(false);
            yield return (vcenter, await vcenter.Connection.ReadInventoryAsync(cancellationToken).ConfigureAwait(false));
        }
    }

    VmListing Listing(OpenedVcenter vcenter, VirtualMachine vm, Inventory inventory, TransportSet transports, CoveredVm covered)
    {
        var verdict = Eligibility.Judge(vm, inventory.Datastores);
        var disks = verdict.Disks.Select(disk => (disk, Choice: transports.Choose(vm, disk.Disk))).ToArray();
        var unreadable = disks.Where(disk => disk.disk.IsIncluded && verdict.IsEligible && disk.Choice.Transport is null).Select(disk => new Failure(
            ReasonCodes.NoTransport, $"{vm.Name} / {disk.disk.Disk.Label}", "choose a transport",
            string.Join("; ", disk.Choice.Verdicts.SelectMany(transport => transport.Reasons).Select(reason => $"{reason.Text} ({reason.Code})")) + ".", ""));
        IEnumerable<Failure> uncovered = covered.Coverage == VmCoverage.Uncovered && session.Settings.Jobs.Count > 0
            ? [new Failure(ReasonCodes.VmUncovered, vm.Name, "look for a job", "no job selects it, and none excludes it", "Add it to Vms or to Exclude of a job (VmProxy:Jobs).")]
            : [];
        return new VmListing
        {
            Vcenter = vcenter.Name,
            Name = vm.Name,
            Id = vm.Id.Value,
            InstanceUuid = vm.InstanceUuid,
            Folder = vm.FolderPath,
            PowerState = vm.PowerState,
            Eligible = verdict.IsEligible,
            ChangeTracking = vm.ChangeTrackingEnabled,
            Snapshots = vm.Snapshots.Count,
            Jobs = covered.Jobs,
            Coverage = covered.Coverage,
            Disks = [.. disks.Select(disk => new VmDiskListing(
                disk.disk.Disk.Key, disk.disk.Disk.Label, disk.disk.Disk.CapacityBytes, disk.disk.Disk.FileName, disk.disk.IsIncluded,
                [.. disk.Choice.Candidates.Select(candidate => candidate.Transport.Name)],
                [.. disk.Choice.Verdicts.Select(DiskTransport.Of)]) { Place = disk.disk.Disk.UnitName })],
            Findings = [.. verdict.Findings.Select(finding => new Failure(finding.Code, vm.Name, "judge the VM", finding.Reason, finding.Next)), .. unreadable, .. uncovered],
        };
    }

    static DatastoreListing Listing(OpenedVcenter vcenter, Datastore datastore, Inventory inventory, TransportSet transports)
    {
        var readable = transports.Judge(datastore, inventory.VirtualMachines);
        return new DatastoreListing
        {
            Vcenter = vcenter.Name,
            Name = datastore.Name,
            Id = datastore.Id.Value,
            Type = datastore.TypeName,
            CapacityBytes = datastore.CapacityBytes,
            FreeBytes = datastore.FreeBytes,
            Accessible = datastore.Accessible,
            VirtualMachines = inventory.VirtualMachines.Count(vm => vm.DatastoreIds.Contains(datastore.Id)),
            Extents = [.. datastore.Extents.Select(extent => extent.DiskName)],
            Transports = readable.Usable,
            Findings = [.. readable.Reasons.Select(reason => new Failure(
                reason.Code, datastore.Name, $"transport {reason.Transport}", $"{reason.Text} ({reason.Disks} of {readable.Disks} disks)", ""))],
        };
    }
}
