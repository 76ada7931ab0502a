namespace VmProxy.GuestFiles;

/// <summary>A file reference: the number of an MFT record, and the number of times it has been used, by which a stale reference shows.</summary>
readonly record struct NtfsReference(ulong Value)
{
    public NtfsReference(long record, ushort sequence)
        : this(((ulong)sequence << 48) | (ulong)record)
    {
    }

    public long Record => (long)(Value & 0xFFFF_FFFF_FFFF);

    public ushort Sequence => (ushort)(Value >> 48);
}
