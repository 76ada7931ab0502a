using System.IO.Compression;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

[Parallelizable]
sealed class CompressedGrainTests
{
    const int Marker = 12;

    static readonly byte[] Content = BlockContent.Mixed((5 << 20) + 512);
    static readonly SparseImage Stream = SparseImage.Stream(Content, 128);
    static readonly int Grain = Stream.Grains.Values.ElementAt(3) * SparseImage.Sector;

    [TestCase(0, 1u, "marker of disk sector")]
    [TestCase(4, 1u, "marker of disk sector")]
    [TestCase(8, 0u, "compressed bytes")]
    [TestCase(8, (128u * 1024) + 1, "compressed bytes")]
    [TestCase(8, uint.MaxValue, "compressed bytes")]
    [TestCase(8, 20u, "unpack")]
    [TestCase(Marker, 0u, "cannot be unpacked")]
    [TestCase(Marker, 0xFFFFFFFFu, "cannot be unpacked")]
    public async Task A_marker_or_stream_that_cannot_be_right_is_an_error(int offset, uint value, string words)
    {
        var image = Stream.ToArray();
        Damage.Put32(image, Grain + offset, value);
        await Damage.ExpectAsync(image, BlockErrorCodes.ExtentInvalid, words);
    }

    [Test]
    public async Task A_changed_bit_is_found_by_the_checksum()
    {
        const int Changes = 20;
        var size = (int)Damage.Get32(Stream.ToArray(), Grain + 8);
        var found = 0;
        for (var i = 0; i < Changes; i++)
        {
            var image = Stream.ToArray();
            image[Grain + Marker + 2 + (i * (size - 2) / Changes)] ^= 0x10;
            var (read, error) = await Damage.ReadAsync(image);
            found += error?.Code == BlockErrorCodes.ExtentInvalid ? 1 : 0;
            Assert.That(error is not null || read.AsSpan().SequenceEqual(Content), Is.True, "bits that deflate does not look at harm nothing");
        }

        Assert.That(found, Is.GreaterThan(Changes / 2));
    }

    [TestCase(65535)]
    [TestCase(65537)]
    [TestCase(1 << 24)]
    public async Task A_grain_that_unpacks_to_another_size_is_an_error(int length)
    {
        using var packed = new MemoryStream();
        await using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            await zlib.WriteAsync(new byte[length]);
        }

        var image = Stream.ToArray();
        Damage.Put32(image, Grain + 8, (uint)packed.Length);
        packed.ToArray().CopyTo(image, Grain + Marker);
        await Damage.ExpectAsync(image, BlockErrorCodes.ExtentInvalid, "unpacks to");
    }

    [Test]
    public async Task A_grain_that_runs_out_of_the_file_is_an_error()
    {
        var image = Stream.ToArray();
        var last = Stream.Grains.Values.Last() * SparseImage.Sector;
        Damage.Put32(image, last + 8, (uint)(image.Length - last - Marker + 1));
        await Damage.ExpectAsync(image, BlockErrorCodes.ExtentInvalid, "compressed bytes");
    }

    [Test]
    public async Task Neighbouring_small_reads_unpack_a_grain_once()
    {
        var (disk, file) = await OpenCountedAsync(Stream.ToArray());
        await using var owned = disk;
        var start = Stream.Grains.Keys.ElementAt(3) * 65536;
        var buffer = new byte[512];
        await disk.ReadAsync(start, buffer, CancellationToken.None);
        var reads = file().Reads;
        for (var offset = 512; offset < 65536; offset += 512)
        {
            await disk.ReadAsync(start + offset, buffer, CancellationToken.None);
        }

        Assert.That(file().Reads, Is.EqualTo(reads));
    }

    [Test]
    public async Task No_more_than_a_few_megabytes_of_grains_are_kept()
    {
        var content = BlockContent.Mixed(32 << 20, seed: 8);
        var (disk, file) = await OpenCountedAsync(SparseImage.Stream(content, 128).ToArray());
        await using var owned = disk;
        var buffer = new byte[4096];
        var before = 0L;
        for (var pass = 0; pass < 2; pass++)
        {
            before = file().Reads;
            for (var offset = 0; offset < content.Length; offset += 65536)
            {
                await disk.ReadAsync(offset, buffer, CancellationToken.None);
                Assert.That(buffer.AsSpan().SequenceEqual(content.AsSpan(offset, buffer.Length)), Is.True);
            }
        }

        Assert.That(file().Reads - before, Is.GreaterThan(100), "the second pass unpacks again what the first has unpacked");
    }

    static async Task<(IBlockDevice Disk, Func<CountingBlockDevice> File)> OpenCountedAsync(byte[] image)
    {
        CountingBlockDevice? last = null;
        var disk = await MemoryVmdkFiles.OpenAsync(image, file => last = new CountingBlockDevice(file, ownsInner: true));
        return (disk, () => last!);
    }
}
