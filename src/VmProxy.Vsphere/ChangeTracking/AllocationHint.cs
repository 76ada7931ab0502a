namespace VmProxy.Vsphere;

/// <summary>
/// Decides where a full backup may leave out what the server calls not allocated (requirement 5). Only where that is known to be true: change
/// tracking on for the disk, and every link of its chain a file on VMFS. Everywhere else the whole disk is read.
/// </summary>
public static class AllocationHint
{
    /// <summary>Judges one disk of a snapshot.</summary>
    /// <param name="disk">The snapshot's disk.</param>
    /// <param name="datastores">All datastores of the inventory; the names in the chain are looked up among them.</param>
    /// <param name="datacenter">The VM's datacenter: two may each have a datastore of the same name.</param>
    /// <param name="host">The host that runs the VM; null when not known. One that misreports changes misreports allocation too.</param>
    public static TrustVerdict Judge(VirtualDisk disk, IEnumerable<Datastore> datastores, ObjectId? datacenter, Host? host = null)
    {
        ArgumentNullException.ThrowIfNull(disk);
        if (disk.BackingKind is not (DiskBackingKind.Flat or DiskBackingKind.SeSparse))
        {
            return Not(ChangeTrackingCodes.HintBacking, $"the disk is {disk.BackingKind}");
        }

        if (string.IsNullOrEmpty(disk.ChangeId))
        {
            return Not(ChangeTrackingCodes.NoChangeId, "the disk has no change id");
        }

        if (KnownBadBuilds.Find(host?.Version, host?.Build, disk.CapacityBytes) is { } defect)
        {
            return Not(ChangeTrackingCodes.HostBuildKnownBad, defect);
        }

        Datastore[] near = [.. datastores.Where(
            datastore => datacenter is null || datastore.Datacenter is null || datastore.Datacenter.Id == datacenter)];
        foreach (string file in disk.Chain)
        {
            // What cannot be found, or is not of one kind, is not known to be VMFS.
            string? name = DatastorePath.TryParse(file, out var path) ? path.Datastore : null;
            var found = near.Where(datastore => datastore.Name == name).ToArray();
            if (found.Length == 0 || found.Any(datastore => datastore.Kind != DatastoreKind.Vmfs))
            {
                return Not(ChangeTrackingCodes.HintDatastore, $"{file} is not known to lie on VMFS");
            }
        }

        return new TrustVerdict(true, ChangeTrackingCodes.HintUsable, "the disk tracks changes and lies on VMFS");
    }

    static TrustVerdict Not(string code, string reason) => new(false, code, reason);
}
