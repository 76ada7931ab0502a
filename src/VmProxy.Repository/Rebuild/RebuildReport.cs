namespace VmProxy.Repository;

/// <summary>What a rebuild of the index did.</summary>
/// <param name="Packs">Packs that were read.</param>
/// <param name="PackBytes">Bytes of these packs.</param>
/// <param name="BytesRead">Bytes that were read of them: ends alone, unless a trailer is damaged.</param>
/// <param name="Chunks">Chunks that the packs hold.</param>
/// <param name="Segments">Segments that the index consists of now.</param>
/// <param name="Elapsed">Time it took.</param>
/// <param name="Damaged">What of the packs could not be read. The other parts of these packs are in the index.</param>
public sealed record RebuildReport(
    int Packs, long PackBytes, long BytesRead, long Chunks, int Segments, TimeSpan Elapsed, IReadOnlyList<RebuildDamage> Damaged)
{
    /// <summary>Packs a second.</summary>
    public double PacksPerSecond => Packs / Math.Max(Elapsed.TotalSeconds, 1e-6);

    /// <summary>Chunks a second.</summary>
    public double ChunksPerSecond => Chunks / Math.Max(Elapsed.TotalSeconds, 1e-6);

    /// <summary>Bytes of packs that are indexed a second, which is how long a repository of a certain size takes.</summary>
    public double PackBytesPerSecond => PackBytes / Math.Max(Elapsed.TotalSeconds, 1e-6);
}

/// <summary>A part of a pack that could not be read while the index was rebuilt.</summary>
/// <param name="Pack">The pack's object.</param>
/// <param name="Offset">First byte of the part.</param>
/// <param name="Message">What is wrong with it.</param>
public sealed record RebuildDamage(string Pack, long Offset, string Message);

/// <summary>How far a rebuild of the index is.</summary>
/// <param name="Packs">Packs that were read.</param>
/// <param name="TotalPacks">Packs that there are.</param>
/// <param name="Chunks">Chunks found so far.</param>
public readonly record struct RebuildProgress(int Packs, int TotalPacks, long Chunks);
