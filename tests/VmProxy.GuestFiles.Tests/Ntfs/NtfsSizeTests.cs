using VmProxy.Blocks;
using VmProxy.GuestFiles.Tests.Judging;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>What is large: directories, files, and the MFT's own run list.</summary>
sealed class NtfsSizeTests
{
    [Test]
    public async Task A_directory_of_fifty_thousand_files_is_listed_and_searched()
    {
        const string script = """
            os.makedirs(path("large"))
            for i in range(50000):
                os.mknod(path(f"large/File {i * 7919 % 50021} in a large directory"))
            """;
        using var image = await NtfsImage.CreateAsync(script.Replace("path(f\"large/", "(f\"{root}/large/", StringComparison.Ordinal), length: 160 << 20);
        await using var opened = await image.OpenAsync();
        var large = await opened.FindAsync("large");
        var listed = new HashSet<string>();
        await foreach (var entry in opened.FileSystem.ListAsync(large, new GuestProblems(), CancellationToken.None))
        {
            Assert.That(entry.Problem, Is.Null);
            listed.Add(entry.Name);
        }

        Assert.That(listed, Has.Count.EqualTo(50_000));
        Assert.That(await ReaderFacts.OfAsync(opened.FileSystem, withContent: false), Has.Count.EqualTo(50_002));
        await using var counting = new CountingBlockDevice(opened.Device, ownsInner: false);
        await using var fresh = await NtfsFileSystem.OpenAsync(counting, "the volume", CancellationToken.None);
        var before = counting.BytesRead;
        foreach (var i in new[] { 0, 1, 777, 49_999 })
        {
            Assert.That(await fresh.FindAsync(large, $"FILE {i * 7919 % 50021} IN a large directory", CancellationToken.None), Is.Not.Null);
        }

        Assert.That(counting.BytesRead - before, Is.LessThan(4 * 1024 * 1024), "a search must not read the whole directory");
    }

    [Test]
    public async Task A_file_of_terabytes_is_mostly_holes()
    {
        const string script = """
            with open(path("huge"), "wb") as file:
                file.write(b"first"); file.seek(3 << 40); file.write(b"last")
            """;
        using var image = await NtfsImage.CreateAsync(script, length: 32 << 20);
        await using var opened = await image.OpenAsync();
        var entry = await opened.FindAsync("huge");
        Assert.That(entry.Size, Is.EqualTo((3L << 40) + 4));
        await using var content = await opened.FileSystem.OpenAsync(entry, CancellationToken.None);
        var runs = new List<BlockRun>();
        await foreach (var run in content.RunsAsync(0, content.Length, CancellationToken.None))
        {
            runs.Add(run);
        }

        Assert.That(runs.Select(run => run.Kind), Is.EqualTo(new[] { BlockRunKind.Data, BlockRunKind.Hole, BlockRunKind.Data }));
        var tail = new byte[8];
        await content.ReadAsync(content.Length - 8, tail, CancellationToken.None);
        Assert.That(tail, Is.EqualTo("\0\0\0\0last"u8.ToArray()));
    }

    [Test]
    public async Task An_MFT_in_so_many_pieces_that_its_record_has_a_list_is_read()
    {
        // Every other cluster of a full volume is freed: from then on the MFT grows by single clusters.
        const string script = """
            names = []
            try:
                for i in range(100000):
                    name = f"{root}/fill {i}"
                    with open(name, "wb", buffering=0) as file:
                        file.write(noise(4096))
                    names.append(name)
            except OSError:
                pass
            for name in names[::2]:
                os.unlink(name)
            made = 0
            try:
                for i in range(9000):
                    os.mknod(f"{root}/small {i}")
                    made += 1
            except OSError:
                pass
            """;
        using var image = await NtfsImage.CreateAsync(script, length: 24 << 20);
        await using var opened = await image.OpenAsync();
        await using var mounted = await image.MountAsync();
        var mft = await opened.FindAsync("$MFT");
        var file = await HasListAsync(opened);
        Assert.That(file, Is.True, "the image must be as awkward as it is meant to be");
        Assert.That(mft.Size, Is.Positive);
        var names = Directory.EnumerateFiles(mounted.Folder).Select(Path.GetFileName).ToHashSet();
        var walked = await ReaderFacts.OfAsync(opened.FileSystem, withContent: false);
        Assert.That(walked.Skip(1).Select(facts => facts.Path).ToHashSet(), Is.EquivalentTo(names));
    }

    /// <summary>Whether the first record of the MFT has an attribute list.</summary>
    static async Task<bool> HasListAsync(OpenedNtfs opened)
    {
        var mft = await opened.FindAsync("$MFT");
        await using var content = await opened.FileSystem.OpenAsync(mft, CancellationToken.None);
        var bytes = new byte[1024];
        await content.ReadAsync(0, bytes, CancellationToken.None);
        var hasList = false;
        for (int at = BitConverter.ToUInt16(bytes, 0x14); BitConverter.ToUInt32(bytes, at) != uint.MaxValue; at += BitConverter.ToInt32(bytes, at + 4))
        {
            hasList |= BitConverter.ToUInt32(bytes, at) == NtfsAttributeType.AttributeList;
        }

        return hasList;
    }
}
