using VmProxy.Repository.Index;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Tests;

/// <summary>
/// Segments of made-up chunks. The n-th id of a segment is computed, not remembered, and the ids of a segment ascend, so that millions cost
/// neither memory nor sorting; their bits are as uniform as those of real ids.
/// </summary>
static class SyntheticIndex
{
    public const int ChunksPerPack = 512;

    public static byte[] Key { get; } = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static ChunkId Id(int segment, int count, int n)
    {
        var seed = ((ulong)(uint)segment << 32) | (uint)n;
        var step = ulong.MaxValue / (uint)count;
        return new ChunkId(((ulong)n * step) + (Mix(seed) % step), Mix(seed ^ (1UL << 62)), Mix(seed ^ (2UL << 62)), Mix(seed ^ (3UL << 62)));
    }

    public static ChunkLocation Location(PackInfo[] packs, int n) =>
        new(packs[(int)((uint)n * 2654435761 % (uint)packs.Length)], (uint)n, 1000, 65536);

    public static PackInfo[] Packs(int segment, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new PackInfo(
            new PackHeader(new RandomId(Mix((ulong)segment << 32), (ulong)i), PackKind.Data, SealKind.AesGcm, 1), 32 << 20))];

    /// <summary>Writes the records [0, <paramref name="count"/>) of a segment.</summary>
    public static async Task WriteAsync(IObjectStore store, int segment, int count)
    {
        var packs = Packs(segment, (count + ChunksPerPack - 1) / ChunksPerPack);
        await using var writer = await SegmentWriter.CreateAsync(store, count, Key, default);
        for (var n = 0; n < count; n++)
        {
            await writer.AddAsync(Id(segment, count, n), Location(packs, n), default);
        }

        await writer.CompleteAsync([], default);
    }

    /// <summary>Writes a segment of records in any order.</summary>
    public static async Task<RandomId> WriteAsync(IObjectStore store, IReadOnlyCollection<(ChunkId Id, ChunkLocation Location)> records, params RandomId[] superseded)
    {
        await using var writer = await SegmentWriter.CreateAsync(store, records.Count, Key, default);
        foreach (var (id, location) in records.OrderBy(record => record.Id))
        {
            await writer.AddAsync(id, location, default);
        }

        await writer.CompleteAsync(superseded, default);
        return writer.Id;
    }

    /// <summary>Objects under the names of packs: a compaction asks only whether they exist.</summary>
    public static async Task PutAsync(IObjectStore store, params PackInfo[] packs)
    {
        await store.PutAsync(ObjectNames.Header, new byte[1], default);
        foreach (var pack in packs)
        {
            await store.PutAsync(pack.Header.ObjectName, new byte[1], default);
        }
    }

    public static IndexCompactor Compactor(IObjectStore store, ChunkIndex index, int maxRecords = 5000) =>
        new(store, index, Key, TimeProvider.System, maxRecords);

    static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
