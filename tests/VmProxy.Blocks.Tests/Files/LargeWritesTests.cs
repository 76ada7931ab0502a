using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Files;

/// <summary>Large writes go past the page cache, in pieces that end on page borders; what is left goes through it. Together they are the data.</summary>
[Parallelizable]
sealed class LargeWritesTests
{
    const int Length = (4 << 20) + 1234;

    [Test]
    public async Task Writes_of_any_size_and_place_and_memory_end_up_as_they_were_meant([Values(1, 2, 3)] int seed)
    {
        using var folder = new TempFolder();
        var random = new Random(seed);
        var model = new byte[Length];
        var pool = new AlignedBufferPool(1 << 20);
        await using (var disk = await WritableFileBlockDevice.CreateAsync(folder["disk"], Length))
        {
            for (var i = 0; i < 60; i++)
            {
                using var buffer = pool.Rent();
                var skip = random.Next(2) == 0 ? 0 : random.Next(5000);
                var length = random.Next(3) == 0 ? random.Next(9000) : random.Next(600_000);
                var offset = random.Next(2) == 0 ? random.Next(Length - length) / 4096 * 4096 : random.Next(Length - length);
                var data = buffer.Memory.Slice(skip, length);
                random.NextBytes(data.Span);
                data.CopyTo(model.AsMemory(offset));
                await disk.WriteAsync(offset, data, CancellationToken.None);
                if (i % 10 == 0)
                {
                    // What is in the page cache must not hide, or come back over, what was written past it.
                    var read = new byte[Length];
                    await disk.ReadAsync(0, read, CancellationToken.None);
                    Assert.That(read.AsSpan().SequenceEqual(model), Is.True, $"write {i}");
                }
            }

            await disk.FlushAsync(CancellationToken.None);
        }

        Assert.That((await File.ReadAllBytesAsync(folder["disk"])).AsSpan().SequenceEqual(model), Is.True);
    }

    [Test]
    public async Task Neighbours_that_share_a_page_may_be_written_at_the_same_time()
    {
        using var folder = new TempFolder();
        var content = BlockContent.Mixed(Length, 7);
        await using (var disk = await WritableFileBlockDevice.CreateAsync(folder["disk"], Length))
        {
            const int Piece = 100_001;
            await Parallel.ForAsync(0, (Length + Piece - 1) / Piece, async (i, token) =>
            {
                var data = content.AsMemory(i * Piece, Math.Min(Piece, Length - (i * Piece)));
                await disk.WriteAsync(i * Piece, data, token);
            });
        }

        Assert.That((await File.ReadAllBytesAsync(folder["disk"])).AsSpan().SequenceEqual(content), Is.True);
    }

    [Test]
    public async Task A_restore_leaves_the_page_cache_alone()
    {
        // Beside the tests, for the folder of temporary files may be memory.
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, Path.GetRandomFileName());
        const int Size = 32 << 20;
        await using (var disk = await WritableFileBlockDevice.CreateAsync(path, Size))
        {
            await disk.WriteAsync(0, BlockContent.Mixed(Size, 9), CancellationToken.None);
            await disk.FlushAsync(CancellationToken.None);
        }

        var cached = await Tool.RunAsync("fincore", ["--bytes", "--noheadings", "--output", "RES", path]);
        File.Delete(path);
        Assert.That(long.Parse(cached, System.Globalization.CultureInfo.InvariantCulture), Is.LessThan(1 << 20));
    }
}
