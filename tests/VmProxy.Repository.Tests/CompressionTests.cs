using System.IO.Compression;
using System.Text;
using VmProxy.Repository.Packs;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>What is compressed, what is not, and that neither choice changes what is read back.</summary>
[NonParallelizable]
sealed class CompressionTests
{
    const int Chunk = 65536;

    [TestCase(16 << 10)]
    [TestCase(Chunk)]
    public void Random_bytes_are_not_worth_trying(int length)
    {
        for (var seed = 0; seed < 50; seed++)
        {
            Assert.That(Compressibility.IsLikely(Random(seed, length)), Is.False, $"seed {seed}");
        }
    }

    [Test]
    public void What_zip_has_compressed_is_not_worth_trying()
    {
        using var archive = new MemoryStream();
        using (var zip = new ZLibStream(archive, CompressionLevel.Optimal, leaveOpen: true))
        {
            var random = new Random(5);
            for (var i = 0; i < 60_000; i++)
            {
                zip.Write(Encoding.ASCII.GetBytes($"{random.Next(1 << 20):x} of {random.NextDouble():F4};"));
            }
        }

        Assert.That(archive.Length, Is.GreaterThan(4 * Chunk));
        Assert.That(Enumerable.Range(1, 3).Count(i => Compressibility.IsLikely(archive.GetBuffer().AsSpan(i * Chunk, Chunk))), Is.Zero);
    }

    [Test]
    public void Text_programs_and_tables_are_worth_trying()
    {
        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 9000).Select(i => $"line {i} of a file\n")));
        var program = File.ReadAllBytes(typeof(CompressionTests).Assembly.Location);
        var base64 = Encoding.ASCII.GetBytes(Convert.ToBase64String(Random(1, Chunk)));
        var numbers = new byte[Chunk];
        for (var i = 0; i < numbers.Length; i += 8)
        {
            BitConverter.TryWriteBytes(numbers.AsSpan(i), (long)i * 977);
        }

        foreach (var content in (byte[][])[text, program, base64, numbers])
        {
            Assert.That(Compressibility.IsLikely(content.AsSpan(0, Math.Min(Chunk, content.Length))));
        }
    }

    [Test]
    public void One_compressible_sample_suffices()
    {
        for (var sample = 0; sample < 8; sample++)
        {
            var chunk = Random(sample, Chunk);
            chunk.AsSpan(sample * (Chunk - 512) / 7, 512).Fill(7);
            Assert.That(Compressibility.IsLikely(chunk), $"sample {sample}");
        }
    }

    [Test]
    public void Small_chunks_are_always_tried() => Assert.That(Compressibility.IsLikely(Random(1, 4096)));

    [Test]
    public async Task A_mixture_comes_back_as_it_was_and_costs_what_its_parts_cost()
    {
        // Random chunks between text: those that the probe gives up go to frames of their own.
        var disk = new byte[32 * Chunk];
        for (var i = 0; i < 32; i++)
        {
            var content = i % 3 == 0 ? Random(i, Chunk) : Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(i * 9000, 9000).Select(n => $"{n} bottles of beer\n")));
            content.AsSpan(0, Chunk).CopyTo(disk.AsSpan(i * Chunk));
        }

        await using var repository = await TestRepository.CreateAsync(new MemoryObjectStore(TimeProvider.System), tuning: Tuning.Default);
        var (point, counters) = await TestRepository.WriteAsync(repository, disk, step: 1 << 20, chunkSize: Chunk);
        Assert.That(await TestRepository.ReadAsync(repository, point, step: 100_000), Is.EqualTo(disk));
        Assert.That(counters.DataBytesStored, Is.InRange(11 * Chunk, 13 * Chunk));
    }

    [Test]
    public async Task What_the_probe_lets_through_by_mistake_is_stored_as_it_is()
    {
        // The ends look compressible, the rest is random: zstd makes it larger.
        var disk = Random(3, Chunk);
        disk.AsSpan(0, 40).Clear();
        await using var repository = await TestRepository.CreateAsync(new MemoryObjectStore(TimeProvider.System), tuning: Tuning.Default);
        var (point, counters) = await TestRepository.WriteAsync(repository, disk, step: Chunk, chunkSize: Chunk);
        Assert.That(await TestRepository.ReadAsync(repository, point), Is.EqualTo(disk));
        Assert.That(counters.DataBytesStored, Is.LessThan(Chunk + 400));
    }

    [Test]
    public async Task Storing_allocates_next_to_nothing_a_chunk()
    {
        const int Windows = 192;
        using var folder = new TempFolder();
        await using var repository = await TestRepository.CreateAsync(new LocalObjectStore(folder["store"]), tuning: Tuning.Default);
        await using var session = await repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = (long)Windows << 20, ChunkSize = Chunk });
        var window = new byte[1 << 20];
        var allocated = 0L;
        for (var i = 0; i < Windows; i++)
        {
            if (i == Windows / 3)
            {
                allocated = GC.GetTotalAllocatedBytes(precise: true); // the pools are warm
            }

            for (var chunk = 0; chunk < 16; chunk++)
            {
                window.AsSpan(chunk * Chunk, Chunk).Fill((byte)i);
                BitConverter.TryWriteBytes(window.AsSpan(chunk * Chunk), ((i + 1L) << 8) + chunk);
            }

            await writer.StoreAsync((long)i << 20, window, default);
        }

        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        var perChunk = allocated / (Windows * 2 / 3 * 16);
        TestContext.Out.WriteLine($"{perChunk} bytes a chunk");

        // The table of new chunks grows, and each call has some tasks: about 750 bytes. A buffer made anew for each frame would be 130,000.
        Assert.That(perChunk, Is.LessThan(4096));
    }

    static byte[] Random(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
