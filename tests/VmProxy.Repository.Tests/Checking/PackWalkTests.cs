using VmProxy.Repository.Checking;

namespace VmProxy.Repository.Tests.Checking;

/// <summary>A pack without its trailer: the index tells where frames are, and what lies between them is accounted for too.</summary>
sealed class PackWalkTests
{
    [Test]
    public async Task A_damaged_frame_that_neither_trailer_nor_index_names_is_a_gap()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: TestRepository.Small with { FrameBytes = 512 });
        var content = new byte[64 << 10];
        new Random(5).NextBytes(content);
        await TestRepository.WriteAsync(repository, content, step: 512);
        await repository.Index.RefreshAsync(default);
        var (reader, book) = (new StoreReader(store), new DamageBook());
        var location = repository.Reader.Find(repository.Keys.ChunkId(content.AsSpan(0, 512)));
        var pack = new PackObject(location.Pack.Header.Id, location.Pack.Header.Kind, location.Pack.Length, location.Pack);
        var ends = (await new PackEndsCheck(reader, repository.Keys, repository.Seal, repository.Index, book).RunAsync(pack, default))!;
        var lost = ends.Frames![1];
        var bytes = store.Content(pack.Name).ToArray();
        bytes.AsSpan((int)lost.Offset, 8).Fill(0x55);
        store.Tamper(pack.Name, bytes);

        var walk = new PackWalk(reader, repository.Keys, new FrameProof(repository.Keys, repository.Zstd), book);
        Assert.That(await walk.RunAsync(pack, ends with { Frames = null }, [.. ends.Frames.Where(frame => frame != lost)], default), Is.True);
        Assert.That(book.Findings().Select(finding => (finding.Code, finding.Offset, finding.Length)), Is.EqualTo(new[] { (CheckCodes.PackGap, lost.Offset, lost.Length) }));
    }
}
