using VmProxy.Blocks;
using VmProxy.GuestFiles.Tests.Judging;

namespace VmProxy.GuestFiles.Tests.Xfs;

/// <summary>Whatever mkfs.xfs can be asked for reads as the kernel reads it.</summary>
sealed class XfsConformanceTests
{
    [TestCase("")]
    [TestCase("-b size=1024 -m rmapbt=1")]
    [TestCase("-b size=1024 -n size=65536 -i size=512")]
    [TestCase("-b size=2048 -n size=8192 -d agcount=2")]
    [TestCase("-b size=16384 -i size=2048")]
    [TestCase("-b size=65536")]
    [TestCase("-s size=4096 -i sparse=0")]
    [TestCase("-i size=2048,nrext64=1 -n size=16384")]
    [TestCase("-m bigtime=0,reflink=0,finobt=0,inobtcount=0 -i maxpct=5")]
    public async Task Everything_reads_as_the_kernel_reads_it(string options)
    {
        using var image = await XfsImage.MakeAsync("320M", options);
        await image.FillAsync("everything");
        await using var opened = await image.OpenAsync();
        Assert.That(opened.FileSystem.Findings, Is.Empty);
        XfsImage.ExpectSame(await ReaderFacts.OfAsync(opened.FileSystem), await image.JudgeAsync());
    }

    [Test]
    public async Task A_directory_of_fifty_thousand_names_is_listed_and_searched_by_its_index()
    {
        using var image = await XfsImage.MakeAsync("320M");
        await image.FillAsync("directory 50000");
        await using var device = new CountingBlockDevice(await FileBlockDevice.OpenAsync(image.Path), ownsInner: true);
        await using var fileSystem = await XfsFileSystem.OpenAsync(device, "image", CancellationToken.None);
        var large = await fileSystem.FindAsync(fileSystem.Root, "large", CancellationToken.None);
        var before = device.BytesRead;
        for (var i = 0; i < 50_000; i += 5000)
        {
            var name = $"{i:000000}-{new string('n', 33)}";
            var found = await fileSystem.FindAsync(large!, name, CancellationToken.None);
            Assert.That(found?.Name, i % 11 == 0 ? Is.Null : Is.EqualTo(name));
        }

        Assert.That(device.BytesRead - before, Is.LessThan(4 * 1024 * 1024));
        var problems = new GuestProblems();
        var ours = await fileSystem.ListAsync(large!, problems, CancellationToken.None).Select(entry => entry.Name).ToListAsync();
        Assert.That(problems.First, Is.Empty);
        await using var mounted = await Mounted.ByKernelAsync(image.Path, "loop,ro,norecovery,noatime");
        var theirs = Directory.GetFiles(Path.Combine(mounted.Folder, "large")).Select(path => Path.GetFileName(path));
        Assert.That(ours.Order(StringComparer.Ordinal), Is.EqualTo(theirs.Order(StringComparer.Ordinal)));
    }

    [Test]
    public async Task Inodes_beyond_32_bits_and_files_of_terabytes_are_read()
    {
        using var image = await XfsImage.MakeAsync("15T", "-l size=64m");
        await image.FillAsync("huge");
        await using var opened = await image.OpenAsync();
        XfsImage.ExpectSame(await ReaderFacts.OfAsync(opened.FileSystem, withContent: false), await image.JudgeAsync(withContent: false));
        var file = await opened.FileSystem.FindAsync(opened.FileSystem.Root, "nine terabytes", CancellationToken.None);
        await using var content = await opened.FileSystem.OpenAsync(file!, CancellationToken.None);
        var bytes = new byte[7];
        for (var place = 599L; place > 0; place -= 13)
        {
            await content.ReadAsync((place * (15L << 30)) - 1, bytes, CancellationToken.None);
            Assert.That(System.Text.Encoding.ASCII.GetString(bytes), Does.StartWith($"\0at {place}"));
        }

        var runs = await content.RunsAsync(0, content.Length, CancellationToken.None).ToListAsync();
        Assert.That(runs.Count(run => run.Kind == BlockRunKind.Data), Is.EqualTo(600));
    }
}
