using System.Buffers.Binary;
using System.IO.Hashing;
using VmProxy.Repository.Maintenance;
using VmProxy.Repository.Packs;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>Packs of somebody who can write to the store and has no key cost neither memory nor time.</summary>
[NonParallelizable]
[CancelAfter(60_000)]
public sealed class HostilePackTests
{
    const long SparseLength = 512L << 20;

    [Test]
    public async Task A_footer_that_nothing_proves_decides_no_allocation(
        [Values("check", "rebuild")] string what, [Values(32, 300 << 20)] int trailerOffset, [Values] bool hasHead, CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        await using var repository = await TestRepository.CreateAsync(new LocalObjectStore(folder["store"]));
        MakeSparse(folder["store"], new PackHeader(RandomId.Create(), PackKind.Data, repository.Seal, 1), trailerOffset, hasHead);
        var before = GC.GetTotalAllocatedBytes(true);
        var problems = what == "check"
            ? (await repository.CheckAsync(new CheckOptions(), null, cancellationToken)).Findings.Count
            : (await repository.RebuildIndexAsync(null, cancellationToken)).Damaged.Count;
        Assert.That(problems, Is.GreaterThan(0));

        // A trailer that can be one is read into one buffer; a check looks twice at what seems damaged.
        var looks = !hasHead || trailerOffset == 32 ? 0 : what == "check" ? 2 : 1;
        Assert.That(GC.GetTotalAllocatedBytes(true) - before, Is.LessThan((looks * (SparseLength - trailerOffset)) + (40L << 20)));
    }

    [Test]
    public async Task A_pack_full_of_false_frames_is_scanned_in_time([Values] bool withChecksums, CancellationToken cancellationToken)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        var bytes = new byte[2 << 20];
        var step = withChecksums ? 60 : 20;
        for (var at = 32; at + step <= bytes.Length; at += step)
        {
            FrameRecord.Magic.CopyTo(bytes.AsSpan(at));
            bytes[at + 8] = 1;
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at + 16), 1 << 20);
            if (withChecksums)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at + 56), Crc32.HashToUInt32(bytes.AsSpan(at, 56)));
            }
        }

        var header = new PackHeader(RandomId.Create(), PackKind.Data, repository.Seal, 1);
        header.Write(bytes);
        store.Tamper(header.ObjectName, bytes);
        var report = await repository.RebuildIndexAsync(null, cancellationToken);
        Assert.That(report.Damaged, Has.Count.InRange(1, 110));
        Assert.That(report.BytesRead, Is.LessThan(2 * bytes.Length), "each byte is read once");
    }

    [Test]
    public async Task A_frame_behind_a_whole_header_whose_seal_fails_is_found()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        var content = new byte[12_000];
        new Random(1).NextBytes(content);
        await TestRepository.WriteAsync(repository, content);
        var chunks = repository.Index.RecordCount;
        var pack = store.Names.First(name => name.StartsWith("data/", StringComparison.Ordinal));
        var bytes = store.Content(pack);
        var inFrame = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(32 + 8));
        bytes[32 + FrameRecord.HeaderLength(inFrame) + 5] ^= 1; // the first frame's payload
        bytes[^1] ^= 1;
        store.Tamper(pack, bytes);
        foreach (var name in store.Names.Where(name => name.StartsWith("index/", StringComparison.Ordinal)).ToArray())
        {
            store.Tamper(name, null);
        }

        await using var again = await TestRepository.OpenAsync(store);
        await again.RebuildIndexAsync(null, default);
        Assert.That(again.Index.RecordCount, Is.EqualTo(chunks - inFrame));
    }

    [Test]
    public async Task Only_the_name_of_a_pack_is_a_pack_for_a_prune()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        await TestRepository.WriteAsync(repository, TestRepository.Content(1, 8192));
        var pack = store.Names.First(name => name.StartsWith("data/", StringComparison.Ordinal));
        var name = pack[(pack.LastIndexOf('/') + 1)..];
        foreach (var other in new[] { $"data/zz/{name}", $"data/{name}", "meta/0123456789ABCDEF0123456789ABCDEF" })
        {
            store.Tamper(other, [1, 2, 3]);
        }

        var census = await PackCensus.LoadAsync(store, [], default);
        Assert.That(census.Packs.Values.Select(use => use.Name), Is.All.Matches<string>(known => store.Content(known).Length > 3));
        Assert.That(census.Packs.Values.Select(use => use.Name), Has.Member(pack));
    }

    static void MakeSparse(string store, PackHeader header, int trailerOffset, bool hasHead)
    {
        var path = Path.Combine(store, header.ObjectName);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Open(path, FileMode.CreateNew);
        var bytes = new byte[PackHeader.Length];
        header.Write(bytes);
        file.Write(bytes);
        var length = (uint)(SparseLength - PackTrailer.FooterLength - trailerOffset);
        if (hasHead)
        {
            var head = new byte[PackTrailer.HeaderLength];
            PackTrailer.Magic.CopyTo(head);
            BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(4), 1000);
            BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(8), length - 32);
            BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(12), Crc32.HashToUInt32(head.AsSpan(0, 12)));
            file.Position = trailerOffset;
            file.Write(head);
        }

        var footer = new byte[PackTrailer.FooterLength];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, (uint)trailerOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(footer.AsSpan(4), length);
        PackTrailer.FooterMagic.CopyTo(footer.AsSpan(12));
        file.SetLength(SparseLength);
        file.Position = SparseLength - footer.Length;
        file.Write(footer);
    }
}
