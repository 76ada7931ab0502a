using VmProxy.GuestFiles.Tests.Judging;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>Our view of images against that of ntfs-3g and of sleuthkit.</summary>
sealed class NtfsConformanceTests
{
    [TestCase(512, 512)]
    [TestCase(1024, 1024)]
    [TestCase(4096, 512)]
    [TestCase(4096, 4096)]
    [TestCase(65536, 512)]
    [TestCase(2 * 1024 * 1024, 512)]
    public async Task Everything_is_as_ntfs_3g_sees_it(int clusterSize, int sectorSize)
    {
        var isSmall = clusterSize <= 4096;
        using var image = await NtfsImage.CreateAsync(
            isSmall ? NtfsScripts.Everything + "\n" + NtfsScripts.Compressed : NtfsScripts.Everything, clusterSize, sectorSize, isSmall ? 96 << 20 : 1L << 30);
        await using var opened = await image.OpenAsync();
        await using var mounted = await image.MountAsync();
        Assert.That(opened.FileSystem.Findings, Is.Empty);
        Assert.That(opened.FileSystem.Info.Label, Is.EqualTo("Meßwerte"));
        Assert.That(opened.FileSystem.Info.BlockSize, Is.EqualTo(clusterSize));
        var judge = await KernelFacts.OfAsync(mounted.Folder);
        Judgement.ExpectSame(await WithStreamsAsync(opened.FileSystem, await ReaderFacts.OfAsync(opened.FileSystem)), judge, Known);
        Judgement.ExpectSame(await WithStreamsAsync(opened.FileSystem, await ListedAsync(opened.FileSystem)), judge, Known);
    }

    /// <summary>Where ntfs-3g means something else: sizes of directories and links, and links of directories.</summary>
    static FileFacts Known(FileFacts facts) => facts with
    {
        Size = facts.Kind == GuestEntryKind.File ? facts.Size : null,
        Links = facts.Kind == GuestEntryKind.File ? facts.Links : null,
        Mode = null,
        Accessed = facts.Path.Length == 0 ? null : facts.Accessed,
    };

    /// <summary>The same by listing one directory after the other.</summary>
    static async Task<IReadOnlyList<FileFacts>> ListedAsync(IGuestFileSystem fileSystem)
    {
        var facts = (await ReaderFacts.OfAsync(fileSystem, withContent: false)).ToDictionary(fact => fact.Path);
        var listed = new List<FileFacts> { facts[""] };
        var problems = new GuestProblems();
        await foreach (var (path, entry) in GuestWalk.DepthFirstAsync(fileSystem, fileSystem.Root, problems, CancellationToken.None))
        {
            listed.Add(facts[path] with
            {
                Kind = entry.Kind, Id = entry.Id, Size = entry.Size, Links = entry.Links, Modified = entry.Modified, Changed = entry.Changed, Accessed = entry.Accessed,
            });
        }

        Assert.That(problems.First, Is.Empty);
        return listed;
    }

    /// <summary>Streams as ntfs-3g tells of them: extended attributes.</summary>
    static async Task<IReadOnlyList<FileFacts>> WithStreamsAsync(IGuestFileSystem fileSystem, IReadOnlyList<FileFacts> facts)
    {
        var result = new List<FileFacts>();
        foreach (var fact in facts)
        {
            var entry = await GuestPath.FindAsync(fileSystem, fact.Path, followLast: false, CancellationToken.None);
            Assert.That(entry?.Id, Is.EqualTo(fact.Id), fact.Path);
            var streams = new Dictionary<string, string>();
            foreach (var stream in await fileSystem.ListStreamsAsync(entry!, CancellationToken.None))
            {
                await using var content = await fileSystem.OpenStreamAsync(entry!, stream.Name, CancellationToken.None);
                Assert.That(content.Length, Is.EqualTo(stream.Size));
                streams["user." + stream.Name] = Convert.ToHexStringLower(await OpenedNtfs.ReadAllAsync(content));
            }

            result.Add(fact with { Attributes = streams });
        }

        return result;
    }
}
