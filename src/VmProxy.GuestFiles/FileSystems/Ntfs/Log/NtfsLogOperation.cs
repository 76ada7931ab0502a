namespace VmProxy.GuestFiles;

/// <summary>What the operations that NTFS logs change. Numbers: those that Linux's ntfs3 and ntfsrecover know.</summary>
static class NtfsLogOperation
{
    /// <summary>An attribute is given a place in the table of open ones.</summary>
    public const ushort OpenAttribute = 0x1C;

    const ushort Last = 0x25;

    /// <summary>Whether it changes an MFT record, which the place in the MFT tells.</summary>
    public static bool IsOfRecord(ushort operation) => operation
        is (>= 0x02 and <= 0x07) // make, free, end; make, remove, change an attribute
        or 0x09 or 0x0B // runs, sizes
        or 0x0C or 0x0D or 0x11 or 0x13 // entries of an index root
        or 0x21 or 0x23 or Last; // data of an index root; the end of a record

    /// <summary>Whether it changes the clusters of an attribute, which the table of open ones tells.</summary>
    public static bool IsOfAttribute(ushort operation) => operation
        is 0x08 // bytes
        or 0x0E or 0x0F or 0x10 or 0x12 or 0x14 // entries of index blocks
        or 0x15 or 0x16 // bits
        or 0x22 or 0x24; // data of index blocks

    /// <summary>Whether it is known; the others mark transactions and checkpoints, and change nothing.</summary>
    public static bool IsKnown(ushort operation) => operation <= Last;
}
