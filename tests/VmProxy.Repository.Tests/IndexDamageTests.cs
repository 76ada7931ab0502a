using System.Buffers.Binary;
using System.Security.Cryptography;
using VmProxy.Repository.Index;

namespace VmProxy.Repository.Tests;

/// <summary>A damaged segment never gives a wrong answer: at worst a chunk is unknown, and the damage is reported.</summary>
public sealed class IndexDamageTests
{
    const int Records = 1300;

    [Test]
    public async Task Every_flipped_byte_is_reported_and_never_gives_a_wrong_place()
    {
        var (store, name, records) = await MakeAsync();
        var whole = store.Content(name);
        var random = new Random(1);

        // Every byte of head and tables; of records and filter, some of each block.
        var head = 64 + (48 * Records);
        int[] positions = [.. Enumerable.Range(0, 64), .. Enumerable.Range(0, 300).Select(_ => random.Next(64, whole.Length)), .. Enumerable.Range(head, whole.Length - head)];
        foreach (var position in positions)
        {
            var broken = (byte[])whole.Clone();
            broken[position] ^= (byte)(1 << random.Next(8));
            store.Tamper(name, broken);
            using var index = new ChunkIndex(store, SyntheticIndex.Key);
            try
            {
                await index.RefreshAsync(default);
            }
            catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.UnsupportedVersion)
            {
                Assert.That(position, Is.EqualTo(4).Or.EqualTo(5));
                continue;
            }

            using var lease = index.Acquire();
            var intact = lease.Segments.Count > 0 && lease.Segments[0].IsIntact();
            Assert.That(intact, Is.False, $"byte {position}");
            Assert.That(index.Damaged, Is.EqualTo([name]));
            foreach (var (id, location) in records.Where((_, i) => i % 37 == 0))
            {
                Assert.That(!index.TryFind(id, out var found) || found == location, Is.True);
            }
        }
    }

    [Test]
    public async Task A_damaged_filter_hides_nothing()
    {
        var (store, name, records) = await MakeAsync();
        var bytes = store.Content(name);
        var filter = (64 + (48 * Records) + 63) / 64 * 64;
        bytes.AsSpan(filter, 64 * SegmentFilter.LinesFor(Records)).Clear();
        store.Tamper(name, bytes);
        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        await index.RefreshAsync(default);
        Assert.That(records, Is.All.Matches<(ChunkId Id, ChunkLocation Location)>(record => index.TryFind(record.Id, out var found) && found == record.Location));
        Assert.That(index.Damaged, Is.EqualTo([name]));
    }

    [Test]
    public async Task Whatever_numbers_a_segment_claims_it_is_refused_or_read_in_its_bounds([Range(1, 4)] int seed)
    {
        var (store, name, records) = await MakeAsync();
        var whole = store.Content(name);
        var random = new Random(seed);
        for (var i = 0; i < 500; i++)
        {
            // A head that proves itself, as a writer with a bug would seal it.
            var broken = whole[..^random.Next(0, i % 3 == 0 ? whole.Length - 200 : 1)];
            var footer = broken.AsSpan(broken.Length - 64);
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var field = footer.Slice(4 * random.Next(6), 4);
                var value = BinaryPrimitives.ReadUInt32LittleEndian(field);
                BinaryPrimitives.WriteUInt32LittleEndian(field, random.Next(3) switch
                {
                    0 => (uint)random.NextInt64(uint.MaxValue),
                    1 => value + (uint)random.Next(-3, 4),
                    _ => (uint)random.Next(2000),
                });
            }

            Reseal(broken);
            store.Tamper(name, broken);
            await LookAsync(store, records);
        }
    }

    [Test]
    public async Task Tables_that_contradict_the_records_are_read_in_their_bounds([Range(1, 4)] int seed)
    {
        var (store, name, records) = await MakeAsync();
        var whole = store.Content(name);
        var random = new Random(seed);
        var head = 64 + (48 * Records);
        for (var i = 0; i < 300; i++)
        {
            var broken = (byte[])whole.Clone();
            for (var changes = random.Next(1, 9); changes > 0; changes--)
            {
                broken[random.Next(head, broken.Length - 64)] = (byte)random.Next(256);
            }

            Reseal(broken);
            store.Tamper(name, broken);
            await LookAsync(store, records);
        }
    }

    [Test]
    public async Task Random_bytes_are_no_segment([Values(0, 1, 63, 127, 128, 129, 4000)] int length)
    {
        var (store, name, records) = await MakeAsync();
        for (var seed = 0; seed < 50; seed++)
        {
            var bytes = new byte[length];
            new Random(seed).NextBytes(bytes);
            if (length >= 6)
            {
                "VMPI\x01\0"u8.CopyTo(bytes);
            }

            store.Tamper(name, bytes);
            using var index = new ChunkIndex(store, SyntheticIndex.Key);
            await index.RefreshAsync(default);
            Assert.That(index.Damaged, Is.EqualTo([name]));
            Assert.That(index.TryFind(records[0].Id, out _), Is.False);
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task A_segment_that_is_listed_and_never_there_is_damage(CancellationToken cancellationToken)
    {
        var (store, name, records) = await MakeAsync();
        var ghost = ObjectNames.IndexSegment(RandomId.Create());
        store.Tamper(ghost, store.Content(name));
        store.BeforeOperation = (operation, _) => operation.Kind == StoreOperationKind.Read && operation.Name == ghost
            ? throw new RepositoryException(RepositoryErrorCodes.NotFound, ghost, "It is not there.")
            : default;
        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        await index.RefreshAsync(cancellationToken);
        Assert.That(index.Damaged, Is.EqualTo([ghost]));
        Assert.That(index.TryFind(records[0].Id, out _), Is.True);

        store.BeforeOperation = null;
        store.Tamper(ghost, null);
        await index.RefreshAsync(cancellationToken);
        Assert.That(index.Damaged, Is.Empty);
    }

    [TestCase("index/readme")]
    [TestCase("index/old/0123456789abcdef0123456789abcdef")]
    [TestCase("index/0123456789ABCDEF0123456789ABCDEF")]
    public async Task What_has_no_name_of_a_segment_is_not_opened(string foreign)
    {
        var (store, _, records) = await MakeAsync();
        store.Tamper(foreign, [1, 2, 3]);
        store.BeforeOperation = (operation, _) => operation.Kind == StoreOperationKind.Read && operation.Name == foreign
            ? throw new InvalidOperationException(foreign)
            : default;
        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        await index.RefreshAsync(default);
        Assert.That(index.Damaged, Is.Empty);
        Assert.That(index.TryFind(records[0].Id, out _), Is.True);
    }

    [Test]
    public async Task A_compaction_leaves_damaged_segments_alone_and_a_rebuild_keeps_what_proves_itself()
    {
        var (store, name, records) = await MakeAsync();
        await SyntheticIndex.PutAsync(store, [.. records.Select(record => record.Location.Pack).Distinct()]);
        var bytes = store.Content(name);
        bytes[64 + 100] ^= 1; // in the first block of two
        store.Tamper(name, bytes);
        for (var i = 0; i < 20; i++)
        {
            await SyntheticIndex.WriteAsync(store, [(new ChunkId((ulong)i, 0, 0, 1), records[0].Location)]);
        }

        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        var report = await SyntheticIndex.Compactor(store, index).RunAsync(new CompactionOptions(), default);
        Assert.That(report.Damaged, Is.EqualTo([name]));
        Assert.That(report.SegmentsMerged, Is.EqualTo(20));
        Assert.That(store.Names, Does.Contain(name));

        await SyntheticIndex.Compactor(store, index).RunAsync(new CompactionOptions { All = true }, default);
        Assert.That(store.Names, Does.Not.Contain(name));
        Assert.That(index.Damaged, Is.Empty);
        Assert.That(records.OrderBy(record => record.Id).Skip(1024).All(record => index.TryFind(record.Id, out var found) && found == record.Location), Is.True);
        Assert.That(index.RecordCount, Is.EqualTo(Records - 1024 + 20));
    }

    static async Task LookAsync(MemoryObjectStore store, (ChunkId Id, ChunkLocation Location)[] records)
    {
        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        try
        {
            await index.RefreshAsync(default);
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.UnsupportedVersion)
        {
            return;
        }

        using var lease = index.Acquire();
        foreach (var (id, location) in records.Where((_, i) => i % 61 == 0))
        {
            Assert.That(!index.TryFind(id, out var found) || found.Offset == location.Offset, Is.True);
        }

        foreach (var segment in lease.Segments)
        {
            segment.IsIntact();
        }
    }

    static void Reseal(byte[] bytes)
    {
        var footer = bytes.AsSpan(bytes.Length - 64);
        var (count, lines) = ((long)BinaryPrimitives.ReadUInt32LittleEndian(footer), (long)BinaryPrimitives.ReadUInt32LittleEndian(footer[12..]));
        var filter = (64 + (48 * count) + 63) / 64 * 64;
        if (filter + (64 * lines) > bytes.Length - 64)
        {
            return;
        }

        byte[] proved = [.. bytes[..64], .. bytes[(int)(64 + (48 * count))..(int)filter], .. bytes[(int)(filter + (64 * lines))..^32]];
        HMACSHA256.HashData(SyntheticIndex.Key, proved).CopyTo(bytes, bytes.Length - 32);
    }

    static async Task<(MemoryObjectStore Store, string Name, (ChunkId Id, ChunkLocation Location)[] Records)> MakeAsync()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var packs = SyntheticIndex.Packs(1, 3);
        (ChunkId, ChunkLocation)[] records = [.. Enumerable.Range(0, Records).Select(n => (SyntheticIndex.Id(1, Records, n), SyntheticIndex.Location(packs, n)))];
        var id = await SyntheticIndex.WriteAsync(store, records);
        return (store, ObjectNames.IndexSegment(id), records);
    }
}
