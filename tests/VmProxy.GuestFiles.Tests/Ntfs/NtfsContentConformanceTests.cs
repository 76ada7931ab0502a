using System.Buffers.Binary;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>A file that NTFS compressed is a block device like any other.</summary>
sealed class NtfsCompressedContentConformanceTests : BlockDeviceConformance
{
    const string Script = """
        os.makedirs(path("compressed"))
        attributes("compressed", 0x800)
        text = b"".join(b"line %d of a text that repeats itself\n" % (i * i % 977) for i in range(5000))
        write("compressed/file", text[:70_000] + bytes(140_000) + noise(65_536) + text[:50_001])
        """;

    protected override int Rounds => 60;

    protected override async Task<ConformanceSubject> OpenAsync()
    {
        using var image = await NtfsImage.CreateAsync(Script, length: 8 << 20);
        var bytes = await NtfsBytes.OfAsync(image);
        byte[] expected;
        await using (var mounted = await image.MountAsync())
        {
            expected = await File.ReadAllBytesAsync(Path.Combine(mounted.Folder, "compressed", "file"));
        }

        var opened = await bytes.OpenAsync();
        var content = await opened.FileSystem.OpenAsync(await opened.FindAsync("compressed/file"), CancellationToken.None);
        return new ConformanceSubject(content, expected, opened.DisposeAsync);
    }
}

/// <summary>A file in chunks is a block device like any other, also where all chunks are kept as they are.</summary>
sealed class WofContentConformanceTests : BlockDeviceConformance
{
    const int ChunkSize = 4096;

    protected override Task<ConformanceSubject> OpenAsync()
    {
        var content = BlockContent.Mixed(300_001);
        var table = new byte[content.Length / ChunkSize * 4];
        for (var chunk = 1; chunk <= table.Length / 4; chunk++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan((chunk - 1) * 4), chunk * ChunkSize);
        }

        var compressed = new MemoryBlockDevice([.. table, .. content]);
        return Task.FromResult(new ConformanceSubject(WofContent.Open(compressed, content.Length, WofAlgorithm.Xpress4K, "the file"), content));
    }
}
