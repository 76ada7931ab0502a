namespace VmProxy.Vsphere;

/// <summary>What changed on a disk: <see cref="Areas"/>, or <see cref="Unavailable"/> and why.</summary>
public abstract record ChangedAreas
{
    ChangedAreas()
    {
    }

    /// <summary>The server described the whole disk.</summary>
    /// <param name="Ranges">Sorted, apart from each other, within the disk.</param>
    public sealed record Areas(IReadOnlyList<ByteRange> Ranges) : ChangedAreas
    {
        /// <summary>Bytes in all ranges.</summary>
        public long Bytes => Ranges.Sum(range => range.Length);
    }

    /// <summary>Nothing usable: read the whole disk. This is no failure of the backup.</summary>
    /// <param name="Code">One of <see cref="ChangeTrackingCodes"/>.</param>
    /// <param name="Reason">For people.</param>
    public sealed record Unavailable(string Code, string Reason) : ChangedAreas;
}
