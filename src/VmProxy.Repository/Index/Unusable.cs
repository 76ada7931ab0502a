using System.Collections.Frozen;

namespace VmProxy.Repository.Index;

/// <summary>
/// Where stored chunks must not be relied on: packs that a prune has condemned, and packs and frames that a check found damaged. Immutable: an
/// owner of newer knowledge puts another one in its place (<see cref="ChunkIndex.Unusable"/>).
/// </summary>
/// <param name="CondemnedPacks">Packs that a prune will delete. They may be read while they exist.</param>
/// <param name="DamagedPacks">Packs that are missing or damaged as a whole.</param>
/// <param name="DamagedFrames">Frames that do not prove themselves, by their offset in the pack.</param>
internal sealed record Unusable(
    FrozenSet<RandomId> CondemnedPacks, FrozenSet<RandomId> DamagedPacks, FrozenSet<(RandomId Pack, uint Offset)> DamagedFrames)
{
    /// <summary>Packs that somebody looked for and that did not exist: this process's own knowledge, beside what notes say.</summary>
    public FrozenSet<RandomId> MissingPacks { get; init; } = [];

    public static Unusable None { get; } = new([], [], []);

    // Computed each time: a value kept by an initializer would be copied by a "with".
    public bool IsEmpty => CondemnedPacks.Count + DamagedPacks.Count + DamagedFrames.Count + MissingPacks.Count == 0;

    /// <summary>How far a location may be relied on.</summary>
    public LocationState StateOf(in ChunkLocation location)
    {
        var pack = location.Pack.Header.Id;
        if (DamagedPacks.Contains(pack) || MissingPacks.Contains(pack) || DamagedFrames.Contains((pack, location.Offset)))
        {
            return LocationState.Damaged;
        }

        return CondemnedPacks.Contains(pack) ? LocationState.Condemned : LocationState.Good;
    }
}

/// <summary>How far a location may be relied on, from best to worst.</summary>
internal enum LocationState
{
    Good,

    /// <summary>Readable until a prune deletes the pack.</summary>
    Condemned,

    /// <summary>Known not to prove itself; a later look may find it healed.</summary>
    Damaged,
}
