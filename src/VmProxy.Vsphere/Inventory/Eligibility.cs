namespace VmProxy.Vsphere;

/// <summary>How much a finding weighs.</summary>
public enum FindingKind
{
    /// <summary>Worth telling; nothing is left out because of it.</summary>
    Note,

    /// <summary>The VM is backed up, and something of it is at risk or left out.</summary>
    Warning,

    /// <summary>The VM is not backed up.</summary>
    Refusal,
}

/// <summary>A stable reason why a VM or disk is, or is not, backed up.</summary>
/// <param name="Kind">Its weight.</param>
/// <param name="Code">One of <see cref="EligibilityCodes"/>.</param>
/// <param name="Reason">For people.</param>
public sealed record Finding(FindingKind Kind, string Code, string Reason)
{
    /// <summary>What the administrator can do about it; empty when there is nothing of its own to advise.</summary>
    public string Next { get; init; } = "";
}

/// <summary>Whether one disk is in a backup.</summary>
/// <param name="Disk">The disk.</param>
/// <param name="IsIncluded">Whether it will be read.</param>
/// <param name="Exclusion">Why not; null when it is included.</param>
public sealed record DiskVerdict(VirtualDisk Disk, bool IsIncluded, Finding? Exclusion);

/// <summary>Whether a VM can be backed up, and what of it.</summary>
/// <param name="IsEligible">Whether a backup may begin. False means that nothing may be changed on the VM.</param>
/// <param name="Findings">Reasons, refusals first.</param>
/// <param name="Disks">One verdict a disk, by key.</param>
public sealed record VmVerdict(bool IsEligible, IReadOnlyList<Finding> Findings, IReadOnlyList<DiskVerdict> Disks);

/// <summary>Judges, from inventory facts alone and before any change, what of a VM can be backed up (requirements 12 to 16, 19 and 20).</summary>
public static class Eligibility
{
    /// <summary>Judges one VM.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="datastores">What is known of datastores: the kind of one can forbid snapshots of what lies there.</param>
    public static VmVerdict Judge(VirtualMachine vm, IReadOnlyList<Datastore>? datastores = null)
    {
        ArgumentNullException.ThrowIfNull(vm);
        DiskVerdict[] disks = [.. vm.Disks.Select(disk => JudgeDisk(disk, datastores?.FirstOrDefault(datastore => datastore.Id == disk.DatastoreId)))];
        Finding[] findings =
        [
            .. Refusals(vm).Concat(Observations(vm, disks)).OrderByDescending(finding => finding.Kind),
        ];
        return new VmVerdict(findings.All(finding => finding.Kind != FindingKind.Refusal), findings, disks);
    }

    static IEnumerable<Finding> Refusals(VirtualMachine vm)
    {
        if (vm.IsTemplate)
        {
            yield return Refuse(
                EligibilityCodes.Template,
                "it is a template, which cannot have snapshots, and no transport of this version reads disks without one") with
            {
                Next = "Exclude it from the job; or convert it to a virtual machine, back it up once, and convert it back.",
            };
        }

        if (vm.ConnectionState is not "connected")
        {
            yield return Refuse(
                EligibilityCodes.Inaccessible,
                $"the VM is {(vm.ConnectionState.Length == 0 ? "in an unknown state" : vm.ConnectionState)}");
        }
        else if (!vm.HasConfiguration)
        {
            yield return Refuse(EligibilityCodes.NoConfiguration, "the server gives no configuration of the VM");
        }

        foreach (var controller in vm.Controllers.Where(controller => controller.SharedBus))
        {
            yield return Refuse(
                EligibilityCodes.BusSharing,
                $"{controller.TypeName} {controller.BusNumber} shares its bus ({controller.Sharing}): a snapshot of a cluster's member is refused");
        }

        foreach (var disk in vm.Disks.Where(disk => disk.Sharing == "sharingMultiWriter"))
        {
            yield return Refuse(
                EligibilityCodes.MultiWriter, $"{disk.Label} may be written by several VMs at once: it cannot be in a snapshot");
        }

        if (!vm.SnapshotsSupported && !vm.IsTemplate)
        {
            yield return Refuse(EligibilityCodes.SnapshotsUnsupported, "the server says that this VM cannot have snapshots");
        }

        if (SnapshotDepth.IsFull(vm))
        {
            yield return Refuse(
                EligibilityCodes.TooManySnapshots,
                $"it has {SnapshotDepth.Of(vm)} snapshot levels; {SnapshotDepth.Limit} is the limit. Delete some");
        }
    }

    static IEnumerable<Finding> Observations(VirtualMachine vm, IReadOnlyList<DiskVerdict> disks)
    {
        foreach (var disk in disks.Where(disk => !disk.IsIncluded))
        {
            yield return disk.Exclusion!;
        }

        if (!SnapshotDepth.IsFull(vm) && SnapshotDepth.IsDeep(vm))
        {
            yield return Warn(
                EligibilityCodes.ManySnapshots,
                $"it has {SnapshotDepth.Of(vm)} snapshot levels; at {SnapshotDepth.Limit} nothing can be backed up");
        }

        if (vm.ConsolidationNeeded)
        {
            yield return Warn(EligibilityCodes.ConsolidationNeeded, "disks of removed snapshots remain: consolidation is needed");
        }

        if (vm.HasConfiguration && !vm.IsTemplate && disks.All(disk => !disk.IsIncluded))
        {
            yield return Warn(EligibilityCodes.NoDisks, vm.Disks.Count == 0 ? "it has no disks" : "none of its disks can be backed up");
        }

        if (vm.IsEncrypted)
        {
            string key = vm.Encryption is { } named ? $" with key {named.KeyId} of {named.ProviderId ?? "the default provider"}" : "";
            yield return new Finding(
                FindingKind.Note,
                EligibilityCodes.Encrypted,
                $"it is encrypted{key}: its disks are read in clear, only the repository's own encryption protects them there; the key's name is kept for a restore");
        }

        if (vm.HasVirtualTpm)
        {
            yield return new Finding(
                FindingKind.Note,
                EligibilityCodes.VirtualTpm,
                "it has a virtual TPM, whose state in the NVRAM only its key provider can open: restored elsewhere it starts without it");
        }

        foreach (var device in vm.UnknownDevices)
        {
            yield return new Finding(
                FindingKind.Note,
                EligibilityCodes.UnknownDevice,
                $"device {device.Label} is a {device.TypeName}, which this version does not know; it is kept as it is");
        }
    }

    static DiskVerdict JudgeDisk(VirtualDisk disk, Datastore? datastore)
    {
        var exclusion = disk switch
        {
            { BackingKind: DiskBackingKind.RdmPhysical } => Warn(
                EligibilityCodes.PhysicalRdm,
                $"{disk.Label} is a raw device mapping in physical mode, which no snapshot holds: it is left out"),
            { BackingKind: DiskBackingKind.LocalPmem } => Warn(
                EligibilityCodes.PersistentMemory, $"{disk.Label} lies in persistent memory, which no snapshot holds: it is left out"),
            { BackingKind: DiskBackingKind.Unknown } => Warn(
                EligibilityCodes.UnknownBacking, $"{disk.Label} has a backing of unknown type {disk.BackingTypeName}: it is left out"),
            { DiskMode: "independent_persistent" or "independent_nonpersistent" } => Warn(
                EligibilityCodes.Independent, $"{disk.Label} is {disk.DiskMode}, which no snapshot holds: it is left out"),
            { DiskMode: not ("persistent" or "") } => Warn(
                EligibilityCodes.UnknownMode, $"{disk.Label} is {disk.DiskMode}, which snapshots are not known to hold: it is left out"),
            _ when datastore is not null && !DatastoreModes.Of(datastore.Kind).Snapshots => Warn(
                EligibilityCodes.PersistentMemory,
                $"{disk.Label} lies on {datastore.Name}, a datastore in persistent memory, which no snapshot holds: it is left out"),
            _ => null,
        };
        return new DiskVerdict(disk, exclusion is null, exclusion);
    }

    static Finding Refuse(string code, string reason) => new(FindingKind.Refusal, code, reason);

    static Finding Warn(string code, string reason) => new(FindingKind.Warning, code, reason);
}
