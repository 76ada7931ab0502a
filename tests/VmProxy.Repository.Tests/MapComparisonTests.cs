namespace VmProxy.Repository.Tests;

public sealed class MapComparisonTests
{
    const int Length = (700 * 1024) + 100;

    [TestCase(512)]
    [TestCase(4096)]
    public async Task Finds_exactly_the_chunks_that_are_not_what_the_map_says(int chunkSize)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        var content = TestRepository.Content(1, Length, chunkSize);
        var (point, _) = await TestRepository.WriteAsync(repository, content, chunkSize: chunkSize);
        var changed = content.ToArray();
        var random = new Random(2);
        var expected = new HashSet<long>();
        for (var i = 0; i < 40; i++)
        {
            var at = random.Next(Length);
            changed[at] ^= 0x55;
            expected.Add(at / chunkSize * chunkSize);
        }

        changed[^1] ^= 0x55;
        expected.Add((Length - 1) / chunkSize * chunkSize);
        var zero = Enumerable.Range(0, Length / chunkSize).Select(index => (long)index * chunkSize)
            .First(at => !expected.Contains(at) && content.AsSpan((int)at, chunkSize).ContainsAnyExcept((byte)0));
        changed.AsSpan((int)zero, chunkSize).Clear();
        expected.Add(zero);

        // Ids are all it takes: no chunk can be read any more.
        await foreach (var pack in store.ListAsync("data/", default))
        {
            await store.DeleteAsync(pack.Name, default);
        }

        var stored = await repository.OpenComparisonAsync(point.Disks[0].Map, default);
        Dictionary<long, ChunkDifference> found = [];
        for (long at = 0; at < Length; at += chunkSize)
        {
            var chunk = changed.AsMemory((int)at, (int)Math.Min(chunkSize, Length - at));
            if (await stored.CompareAsync(at, chunk, default) is { } difference)
            {
                found.Add(at, difference);
            }
        }

        Assert.That(found.Keys, Is.EquivalentTo(expected));
        Assert.That(found[zero].Found, Is.Null);
        Assert.That(found[zero].Expected, Has.Length.EqualTo(64));
        Assert.That(found.Values.Select(difference => difference.Offset), Is.EquivalentTo(expected));
    }

    [Test]
    public async Task A_disk_of_zeros_differs_where_there_is_anything()
    {
        await using var repository = await TestRepository.CreateAsync(new MemoryObjectStore(TimeProvider.System));
        var zeros = await repository.OpenComparisonWithZerosAsync(1 << 20, 4096, default);
        Assert.That(await zeros.CompareAsync(8192, new byte[4096], default), Is.Null);
        Assert.That((await zeros.CompareAsync(8192, Enumerable.Repeat((byte)1, 4096).ToArray(), default))!.Expected, Is.Null);
    }

    [TestCase(1, 512)]
    [TestCase(0, 511)]
    [TestCase(512, 512)]
    [TestCase(-512, 512)]
    public async Task What_is_no_chunk_of_the_disk_is_refused(int offset, int length)
    {
        await using var repository = await TestRepository.CreateAsync(new MemoryObjectStore(TimeProvider.System));
        var zeros = await repository.OpenComparisonWithZerosAsync(512, 512, default);
        Assert.ThrowsAsync<ArgumentException>(async () => await zeros.CompareAsync(offset, new byte[length], default));
    }
}
