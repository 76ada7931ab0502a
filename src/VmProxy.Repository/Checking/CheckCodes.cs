namespace VmProxy.Repository;

/// <summary>The stable codes of <see cref="CheckFinding"/>. A code is never renamed.</summary>
public static class CheckCodes
{
    /// <summary>The repository's header is not what was written.</summary>
    public const string Header = "CHECK_HEADER_DAMAGED";

    /// <summary>A key slot or a key ring is not what was written.</summary>
    public const string Key = "CHECK_KEY_DAMAGED";

    /// <summary>A restore point's object is not what was written: the point cannot be restored.</summary>
    public const string Point = "CHECK_POINT_DAMAGED";

    /// <summary>A maintenance object (session, hold, list of condemned packs, check result, lease) is not what was written.</summary>
    public const string Note = "CHECK_NOTE_DAMAGED";

    /// <summary>An index segment is not what was written; it can be made again from the packs.</summary>
    public const string Segment = "CHECK_INDEX_DAMAGED";

    /// <summary>Packs hold chunks that no index segment names: a segment was lost.</summary>
    public const string IndexIncomplete = "CHECK_INDEX_INCOMPLETE";

    /// <summary>A point needs chunks that no readable index segment knows.</summary>
    public const string ChunkUnknown = "CHECK_CHUNK_UNKNOWN";

    /// <summary>A pack that the index names does not exist.</summary>
    public const string PackMissing = "CHECK_PACK_MISSING";

    /// <summary>A pack is shorter or longer than the index says.</summary>
    public const string PackLength = "CHECK_PACK_LENGTH";

    /// <summary>A pack's header, trailer or footer is not what was written. Its frames can be read as long as the index is whole.</summary>
    public const string PackFrame = "CHECK_PACK_ENDS_DAMAGED";

    /// <summary>Bytes of a pack belong to no frame.</summary>
    public const string PackGap = "CHECK_PACK_GAP";

    /// <summary>A frame is not what was written: its chunks are lost unless they are stored elsewhere too.</summary>
    public const string Frame = "CHECK_FRAME_DAMAGED";

    /// <summary>A map page is intact but no page of the place where it is used.</summary>
    public const string Map = "CHECK_MAP_INVALID";

    /// <summary>The store could not read an object, though it answers otherwise.</summary>
    public const string Unreadable = "CHECK_OBJECT_UNREADABLE";
}
