using System.Globalization;
using VmProxy.Blocks;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ext;

/// <summary>Each form of the file system, filled by the kernel and compared with what the kernel says of it.</summary>
sealed class ExtConformanceTests
{
    [TestCase("-t ext4 -b 4096", "ext4")]
    [TestCase("-t ext4 -b 1024", "ext4")]
    [TestCase("-t ext4 -b 2048 -O ^metadata_csum,uninit_bg", "ext4")]
    [TestCase("-t ext4 -b 4096 -I 128 -O ^64bit", "ext4")]
    [TestCase("-t ext4 -b 4096 -O ^extent,^64bit,^flex_bg", "ext4")]
    [TestCase("-t ext4 -b 4096 -O inline_data -I 512", "ext4")]
    [TestCase("-t ext4 -b 1024 -O inline_data -I 256", "ext4")]
    [TestCase("-t ext4 -b 4096 -O bigalloc -C 65536", "ext4")]
    [TestCase("-t ext4 -b 1024 -O bigalloc -C 16384", "ext4")]
    [TestCase("-t ext4 -b 1024 -O meta_bg,^resize_inode", "ext4")]
    [TestCase("-t ext4 -b 1024 -O meta_bg,^resize_inode,^64bit,^metadata_csum", "ext4")]
    [TestCase("-t ext4 -b 4096 -O large_dir,ea_inode,metadata_csum_seed", "ext4")]
    [TestCase("-t ext4 -b 4096 -I 256 -O orphan_file,sparse_super2,^resize_inode", "ext4", null, "-O quota,project,verity")]
    [TestCase("-t ext4 -b 1024", "ext4", "-E hash_alg=tea")]
    [TestCase("-t ext4 -b 1024 -O ^filetype", "ext4", "-E hash_alg=legacy")]
    [TestCase("-t ext3 -b 4096", "ext3")]
    [TestCase("-t ext3 -b 1024 -I 128", "ext3")]
    [TestCase("-t ext2 -b 1024", "ext2")]
    [TestCase("-t ext2 -O none -b 1024 -I 128", "ext2")]
    public async Task Reads_what_the_kernel_reads(string arguments, string kind, string? tunedBefore = null, string? tunedAfter = null)
    {
        using var image = await ExtImage.MakeAsync($"{arguments} -L label -N 4096");
        await image.TuneAsync(tunedBefore);
        await image.RunAsync("make_tree.py", []);
        await image.TuneAsync(tunedAfter);
        await using var opened = await image.OpenAsync();
        var kernel = await image.KernelFactsAsync();
        Judgement.ExpectSame(await ReaderFacts.OfAsync(opened.FileSystem), kernel, ExtImage.WithoutOtherSizes);
        Assert.Multiple(() =>
        {
            Assert.That(opened.FileSystem.Findings, Is.Empty);
            Assert.That(opened.FileSystem.Info.Kind, Is.EqualTo(kind));
            Assert.That(opened.FileSystem.Info.Label, Is.EqualTo("label"));
        });
        await EveryNameIsFoundAsync(opened.FileSystem);
    }

    [Test]
    public async Task Says_of_itself_what_blkid_says()
    {
        using var image = await ExtImage.MakeAsync("-t ext4 -b 4096 -L a_label");
        await using var opened = await image.OpenAsync();
        var uuid = await Tool.RunAsync(Tool.Require("blkid", "util-linux"), ["-p", "-s", "UUID", "-o", "value", image.Path]);
        Assert.That(opened.FileSystem.Info, Is.EqualTo(new GuestFileSystemInfo("ext4", "a_label", uuid.Trim(), 64 << 20, 4096)));
    }

    [Test]
    public async Task Tells_when_a_file_was_made()
    {
        using var image = await ExtImage.MakeAsync("-t ext4 -b 4096");
        await using (var mounted = await Mounted.ByKernelAsync(image.Path))
        {
            await File.WriteAllTextAsync(Path.Combine(mounted.Folder, "file"), "text");
        }

        string born;
        await using (var mounted = await Mounted.ByKernelAsync(image.Path, "loop,ro"))
        {
            born = await Tool.RunAsync(Tool.Require("stat", "coreutils"), ["--printf", "%.9W", Path.Combine(mounted.Folder, "file")]);
        }

        await using var opened = await image.OpenAsync();
        var entry = await opened.FileSystem.FindAsync(opened.FileSystem.Root, "file", CancellationToken.None);
        var created = entry!.Created!.Value;
        Assert.That(string.Create(CultureInfo.InvariantCulture, $"{created.Seconds}.{created.Nanoseconds:D9}"), Is.EqualTo(born));
    }

    [Test]
    public async Task A_directory_of_fifty_thousand_files_is_listed_and_searched()
    {
        const int Count = 50_000;
        using var image = await ExtImage.MakeAsync("-t ext4 -b 1024 -N 60000", "96M");
        await using (var mounted = await Mounted.ByKernelAsync(image.Path, "loop,noatime"))
        {
            var folder = Directory.CreateDirectory(Path.Combine(mounted.Folder, "many")).FullName;
            for (var i = 0; i < Count; i++)
            {
                File.OpenHandle(Path.Combine(folder, $"file number {i}"), FileMode.CreateNew, FileAccess.Write).Dispose();
            }
        }

        await using var opened = await image.OpenAsync();
        var many = await opened.FileSystem.FindAsync(opened.FileSystem.Root, "many", CancellationToken.None);
        var names = new HashSet<string>();
        var problems = new GuestProblems();
        await foreach (var entry in opened.FileSystem.ListAsync(many!, problems, CancellationToken.None))
        {
            Assert.That(entry.Kind, Is.EqualTo(GuestEntryKind.File));
            names.Add(entry.Name);
        }

        Assert.That(names, Has.Count.EqualTo(Count));
        Assert.That(problems.Count, Is.Zero);
        for (var i = 0; i < Count; i += 37)
        {
            Assert.That(await opened.FileSystem.FindAsync(many!, $"file number {i}", CancellationToken.None), Is.Not.Null, $"file {i}");
        }

        Assert.That(await opened.FileSystem.FindAsync(many!, "file number 50000", CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task A_sparse_file_of_terabytes_is_read_where_it_has_data()
    {
        const long Length = 15L << 40;
        long[] places = [0, 1L << 32, 3L << 40, Length - 4096];
        using var image = await ExtImage.MakeAsync("-t ext4 -b 4096");
        await using (var mounted = await Mounted.ByKernelAsync(image.Path))
        {
            await using var file = new FileStream(Path.Combine(mounted.Folder, "huge"), FileMode.CreateNew);
            foreach (var place in places)
            {
                file.Position = place;
                await file.WriteAsync(Content(place));
            }
        }

        await using var opened = await image.OpenAsync();
        var entry = await opened.FileSystem.FindAsync(opened.FileSystem.Root, "huge", CancellationToken.None);
        await using var content = await opened.FileSystem.OpenAsync(entry!, CancellationToken.None);
        Assert.That(content.Length, Is.EqualTo(Length));
        var runs = await content.RunsAsync(0, Length, CancellationToken.None).ToListAsync();
        Assert.That(runs.Where(run => run.Kind == BlockRunKind.Data), Is.EqualTo(places.Select(place => new BlockRun(place, 4096, BlockRunKind.Data))));
        Assert.That(runs.Where(run => run.Kind != BlockRunKind.Data), Has.All.Property(nameof(BlockRun.Kind)).EqualTo(BlockRunKind.Hole));
        var buffer = new byte[4096];
        foreach (var place in places)
        {
            await content.ReadAsync(place, buffer, CancellationToken.None);
            Assert.That(buffer, Is.EqualTo(Content(place)));
        }

        await content.ReadAsync(2L << 40, buffer, CancellationToken.None);
        Assert.That(buffer, Is.All.Zero);
    }

    [Test]
    public async Task What_was_reserved_and_never_written_is_told_as_zeros()
    {
        using var image = await ExtImage.MakeAsync("-t ext4 -b 4096");
        await using (var mounted = await Mounted.ByKernelAsync(image.Path))
        {
            await Tool.RunAsync(Tool.Require("fallocate", "util-linux"), ["-l", "65536", Path.Combine(mounted.Folder, "file")]);
        }

        await using var opened = await image.OpenAsync();
        var entry = await opened.FileSystem.FindAsync(opened.FileSystem.Root, "file", CancellationToken.None);
        await using var content = await opened.FileSystem.OpenAsync(entry!, CancellationToken.None);
        var runs = await content.RunsAsync(0, content.Length, CancellationToken.None).ToListAsync();
        Assert.That(runs, Is.EqualTo(new[] { new BlockRun(0, 65536, BlockRunKind.Zero) }));
    }

    static byte[] Content(long place) => [.. Enumerable.Range(0, 4096).Select(index => (byte)(place.GetHashCode() + index + 1))];

    /// <summary>Every name that is listed is also found, and none that is not.</summary>
    static async Task EveryNameIsFoundAsync(IGuestFileSystem fileSystem)
    {
        var folders = new Dictionary<string, GuestEntry> { [""] = fileSystem.Root };
        var walk = await fileSystem.WalkAsync(fileSystem.Root, new GuestProblems(), CancellationToken.None).ToListAsync();
        foreach (var (path, entry) in walk.Where(found => found.Entry.Kind == GuestEntryKind.Directory))
        {
            folders[path] = entry;
        }

        foreach (var (path, entry) in walk)
        {
            var parent = folders[path.Length == entry.Name.Length ? "" : path[..^(entry.Name.Length + 1)]];
            var found = await fileSystem.FindAsync(parent, entry.Name, CancellationToken.None);
            Assert.That(found?.Id, Is.EqualTo(entry.Id), path);
            Assert.That(await fileSystem.FindAsync(parent, entry.Name + "?", CancellationToken.None), Is.Null, path);
        }
    }
}
