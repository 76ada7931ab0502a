namespace VmProxy.Repository.Maintenance;

/// <summary>What a note says; it is sealed into the note, so that none can stand for another (docs/FORMAT.md, "Notes").</summary>
internal enum NoteKind : byte
{
    /// <summary>A writer is at work.</summary>
    Session = 1,

    /// <summary>When a writer last showed that it lives.</summary>
    Alive = 2,

    /// <summary>A writer that went silent is being closed.</summary>
    Closing = 3,

    /// <summary>A writer that went silent is closed; names the points that it had written.</summary>
    Closed = 4,

    /// <summary>A point is deleted, or somebody is about to delete it.</summary>
    Trash = 5,

    /// <summary>A point must not be deleted.</summary>
    Hold = 6,

    /// <summary>Packs that writers must not refer to any more.</summary>
    Condemned = 7,

    /// <summary>The writers that a deletion waits for.</summary>
    Waiting = 8,

    /// <summary>Who maintains the repository.</summary>
    Lease = 9,

    /// <summary>What checks have found: when packs were last read whole, and what of them is damaged.</summary>
    Checked = 10,
}
