using System.Collections.Frozen;
using VmProxy.Repository.Index;

namespace VmProxy.Repository.Tests;

/// <summary>The index against a dictionary, before and after compactions.</summary>
public sealed class IndexModelTests
{
    [Test]
    public async Task Lookups_agree_with_a_dictionary([Range(1, 12)] int seed)
    {
        var random = new Random(seed);
        var store = new MemoryObjectStore(TimeProvider.System);
        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        var packs = SyntheticIndex.Packs(seed, 12);
        await SyntheticIndex.PutAsync(store, packs);
        var model = new Dictionary<ChunkId, HashSet<(RandomId Pack, uint Offset)>>();
        ChunkId[] pool = [.. Enumerable.Range(0, 4000).Select(n => Uniform(random, n))];
        for (var round = 0; round < 6; round++)
        {
            await AddSegmentsAsync(store, random, pool, packs, model);
            await index.RefreshAsync(default);
            index.Unusable = RandomUnusable(random, packs);
            Agree(index, model, pool);
            if (random.Next(2) == 0)
            {
                var gone = new HashSet<RandomId>();
                foreach (var pack in packs.Where(_ => random.Next(12) == 0))
                {
                    gone.Add(pack.Header.Id);
                    await store.DeleteAsync(pack.Header.ObjectName, default);
                    foreach (var places in model.Values)
                    {
                        places.RemoveWhere(place => place.Pack == pack.Header.Id);
                    }
                }

                var report = await SyntheticIndex.Compactor(store, index).RunAsync(new CompactionOptions { All = random.Next(3) == 0, DeletedPacks = gone }, default);
                Assert.That(report.Damaged, Is.Empty);
                using var lease = index.Acquire();
                Assert.That(lease.Segments, Has.Count.LessThanOrEqualTo(CompactionPlan.ManySegments + 4));
                Assert.That(lease.Segments.SelectMany(segment => segment.Packs).Select(pack => pack.Header.ObjectName).Distinct(), Is.SubsetOf(store.Names));
                Agree(index, model, pool);
            }

            using var fresh = new ChunkIndex(store, SyntheticIndex.Key) { Unusable = index.Unusable };
            await fresh.RefreshAsync(default);
            Agree(fresh, model, pool);
        }
    }

    [Test]
    public async Task Ordinals_follow_the_ids_and_duplicates_stand_together()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var packs = SyntheticIndex.Packs(1, 3);
        var same = new ChunkId(77, 1, 2, 3);

        // More records of one id than a block holds, and many ids that share their first eight bytes.
        (ChunkId, ChunkLocation)[] records =
        [
            .. Enumerable.Range(0, 1500).Select(n => (same, new ChunkLocation(packs[n % 3], (uint)n, 10, 512))),
            .. Enumerable.Range(0, 1500).Select(n => (new ChunkId(78, (ulong)n, (ulong)n << 50, 0), new ChunkLocation(packs[0], (uint)n, 10, 512))),
            (new ChunkId(5, 0, 0, 0), new ChunkLocation(packs[1], 1, 10, 512)), (new ChunkId(ulong.MaxValue, 0, 0, 1), new ChunkLocation(packs[1], 2, 10, 512)),
        ];
        await SyntheticIndex.WriteAsync(store, records);
        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        await index.RefreshAsync(default);
        using var lease = index.Acquire();
        var segment = lease.Segments.Single();
        Assert.That(segment.Count, Is.EqualTo(records.Length));
        Assert.That(segment.TryFindRecord(same, out var first), Is.True);
        Assert.That(first, Is.EqualTo(1));
        Assert.That(Enumerable.Range(1, 1500).Select(i => segment.RecordAt(i).Id), Is.All.EqualTo(same));
        foreach (var (id, location) in records.Where(record => record.Item1 != same))
        {
            Assert.That(segment.TryFindRecord(id, out var record), Is.True);
            Assert.That(segment.LocationOf(segment.RecordAt(record)), Is.EqualTo(location));
        }

        Assert.That(segment.TryFindRecord(new ChunkId(78, 0, 7, 0), out _), Is.False);
        Assert.That(() => segment.RecordAt(segment.Count), Throws.InstanceOf<ArgumentOutOfRangeException>());

        // Good only in the last of 1500 places.
        index.Unusable = Unusable.None with { DamagedFrames = Enumerable.Range(0, 1499).Select(n => (packs[n % 3].Header.Id, (uint)n)).ToFrozenSet() };
        Assert.That(index.TryFind(same, out var found) && found.Offset == 1499, Is.True);
        Assert.That(index.TryFindForReuse(same, out found) && found.Offset == 1499, Is.True);
    }

    static void Agree(ChunkIndex index, Dictionary<ChunkId, HashSet<(RandomId Pack, uint Offset)>> model, ChunkId[] pool)
    {
        foreach (var id in pool)
        {
            var places = model.GetValueOrDefault(id) ?? [];
            var states = places.Select(place => State(index.Unusable, place)).ToList();
            var found = index.TryFind(id, out var location);
            Assert.That(found, Is.EqualTo(places.Count > 0));
            if (found)
            {
                Assert.That(places, Does.Contain((location.Pack.Header.Id, location.Offset)));
                Assert.That(index.Unusable.StateOf(location), Is.EqualTo(states.Min()));
            }

            var reuse = index.TryFindForReuse(id, out location);
            Assert.That(reuse, Is.EqualTo(states.Contains(LocationState.Good)));
            Assert.That(!reuse || index.Unusable.StateOf(location) == LocationState.Good, Is.True);
        }
    }

    static LocationState State(Unusable unusable, (RandomId Pack, uint Offset) place) =>
        unusable.DamagedPacks.Contains(place.Pack) || unusable.DamagedFrames.Contains(place) ? LocationState.Damaged
        : unusable.CondemnedPacks.Contains(place.Pack) ? LocationState.Condemned : LocationState.Good;

    static async Task AddSegmentsAsync(
        MemoryObjectStore store, Random random, ChunkId[] pool, PackInfo[] packs, Dictionary<ChunkId, HashSet<(RandomId Pack, uint Offset)>> model)
    {
        PackInfo[] alive = [.. packs.Where(pack => store.Names.Contains(pack.Header.ObjectName))];
        for (var segments = random.Next(1, 12); segments > 0; segments--)
        {
            var records = new List<(ChunkId, ChunkLocation)>();
            for (var count = random.Next(1500); count > 0; count--)
            {
                var id = pool[random.Next(pool.Length * 9 / 10)];
                var location = new ChunkLocation(alive[random.Next(alive.Length)], (uint)random.Next(50), 100, 512);
                records.Add((id, location));
                model.TryAdd(id, []);
                model[id].Add((location.Pack.Header.Id, location.Offset));
            }

            await SyntheticIndex.WriteAsync(store, records);
        }
    }

    static Unusable RandomUnusable(Random random, PackInfo[] packs) => new(
        packs.Where(_ => random.Next(4) == 0).Select(pack => pack.Header.Id).ToFrozenSet(),
        packs.Where(_ => random.Next(8) == 0).Select(pack => pack.Header.Id).ToFrozenSet(),
        packs.SelectMany(pack => Enumerable.Range(0, 5).Select(_ => (pack.Header.Id, (uint)random.Next(50)))).ToFrozenSet());

    // Some close together, so that the guess of the search is bad.
    static ChunkId Uniform(Random random, int n) => new(
        n % 5 == 0 ? (ulong)random.Next(300) : (ulong)random.NextInt64(long.MinValue, long.MaxValue),
        (ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)n + 1);
}
