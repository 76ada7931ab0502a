namespace VmProxy.Catalog;

/// <summary>A change that is about to be made in vCenter, with all that is needed to find and undo it.</summary>
public sealed record JournalEntry
{
    /// <summary>The run that makes it.</summary>
    public required string RunId { get; init; }

    /// <summary>What is changed.</summary>
    public required JournalKind Kind { get; init; }

    /// <summary>Instance UUID of the vCenter.</summary>
    public required string VcenterUuid { get; init; }

    /// <summary>Managed object reference of the VM that is backed up.</summary>
    public required string VmMoRef { get; init; }

    /// <summary>Instance UUID of that VM.</summary>
    public required string VmInstanceUuid { get; init; }

    /// <summary>Name of that VM, for people.</summary>
    public required string VmName { get; init; }

    /// <summary>The unique name of the snapshot: finds it again when the crash came before its reference was known.</summary>
    public required string Mark { get; init; }

    /// <summary>The snapshot's managed object reference: known at once for an attach, and once it is made for a snapshot.</summary>
    public string? SnapshotMoRef { get; init; }

    /// <summary>The proxy VM that a disk is attached to.</summary>
    public string? ProxyVmMoRef { get; init; }

    /// <summary>The backing that is attached, "[datastore] folder/file.vmdk".</summary>
    public string? FileName { get; init; }

    /// <summary>More about the intent, as JSON.</summary>
    public string? Intent { get; init; }
}

/// <summary>A journal entry as the catalog holds it.</summary>
public sealed record JournalRecord
{
    /// <summary>The entry's number, rising.</summary>
    public required long Id { get; init; }

    /// <summary>The change. <see cref="JournalEntry.SnapshotMoRef"/> is filled in once known.</summary>
    public required JournalEntry Entry { get; init; }

    /// <summary>How far it has come.</summary>
    public required JournalState State { get; init; }

    /// <summary>Device key of an attached disk, once known.</summary>
    public int? DeviceKey { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset PlannedAt { get; init; }

    /// <summary>When the change was known to be made.</summary>
    public DateTimeOffset? DoneAt { get; init; }

    /// <summary>When the change was known to be gone again.</summary>
    public DateTimeOffset? UndoneAt { get; init; }

    /// <summary>How often undoing it has failed.</summary>
    public int Attempts { get; init; }

    /// <summary>When undoing it last failed.</summary>
    public DateTimeOffset? LastAttemptAt { get; init; }

    /// <summary>How undoing it last failed.</summary>
    public string? LastError { get; init; }

    /// <summary>The run that may undo it: the one that made it, or a janitor's that took it over.</summary>
    public required RunLease Owner { get; init; }
}

/// <summary>What a journal entry changes.</summary>
public enum JournalKind
{
    /// <summary>A snapshot of a VM.</summary>
    Snapshot,

    /// <summary>A disk attached to the proxy VM.</summary>
    Attach,

    /// <summary>Changed block tracking of a VM, switched on. It is never switched off by us.</summary>
    ChangeTracking,
}

/// <summary>How far a journalled change has come.</summary>
public enum JournalState
{
    /// <summary>About to be made: it may or may not exist.</summary>
    Planned,

    /// <summary>Made.</summary>
    Done,

    /// <summary>Gone again, or never made.</summary>
    Undone,

    /// <summary>Made, and meant to stay.</summary>
    Kept,
}
