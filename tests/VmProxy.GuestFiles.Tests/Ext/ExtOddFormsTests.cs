using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ext;

/// <summary>Forms that the kernel of a test machine does not mount, or mounts without the whole truth.</summary>
sealed class ExtOddFormsTests
{
    [TestCase(8192)]
    [TestCase(65536)]
    public async Task Blocks_that_are_larger_than_a_page_are_read(int blockSize)
    {
        using var folder = new TempFolder();
        var many = Directory.CreateDirectory(folder["many"]).FullName;
        for (var i = 0; i < 500; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(many, $"a file with a long name, number {i}"), $"content {i}");
        }

        await File.WriteAllBytesAsync(folder["large"], [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)(i / 7))]);
        using var image = await ExtImage.MakeAsync($"-t ext4 -b {blockSize} -N 4096 -d {folder.Path}", "64M");
        await using var opened = await image.OpenAsync();
        var ours = await ReaderFacts.OfAsync(opened.FileSystem);
        var judge = await KernelFacts.OfAsync(folder.Path);
        Judgement.ExpectSame(
            [.. ours.Where(facts => facts.Path.Length > 0 && facts.Path != "lost+found")],
            [.. judge.Where(facts => facts.Path.Length > 0)],
            facts => ExtImage.WithoutOtherSizes(facts) with { Id = null, Accessed = null, Changed = null, Modified = null, Attributes = null });
    }

    [Test]
    public async Task Encrypted_files_are_named_as_the_kernel_names_them_without_the_key_and_refused()
    {
        using var image = await ExtImage.MakeAsync("-t ext4 -b 4096 -O encrypt");
        await image.RunAsync("encrypt.py", []);
        IReadOnlyList<FileFacts> kernel;
        await using (var mounted = await Mounted.ByKernelAsync(image.Path, "loop,ro"))
        {
            kernel = await KernelFacts.OfAsync(mounted.Folder, withContent: false);
        }

        await using var opened = await image.OpenAsync();
        var problems = new GuestProblems();
        Judgement.ExpectSame(await ReaderFacts.OfAsync(opened.FileSystem, withContent: false, problems), kernel, ExtImage.WithoutOtherSizes);
        Assert.That(problems.First.Select(problem => problem.Code), Is.EqualTo(new[] { GuestFileErrorCodes.Encrypted, GuestFileErrorCodes.Encrypted }));

        var secret = await opened.FileSystem.FindAsync(opened.FileSystem.Root, "secret", CancellationToken.None);
        var files = await opened.FileSystem.ListAsync(secret!, problems, CancellationToken.None).Where(entry => entry.Kind == GuestEntryKind.File).ToListAsync();
        Assert.That(files, Has.Count.EqualTo(3));
        foreach (var file in files)
        {
            Assert.That(file.Problem?.Code, Is.EqualTo(GuestFileErrorCodes.Encrypted));
            Assert.That(await opened.FileSystem.FindAsync(secret!, file.Name, CancellationToken.None), Is.Not.Null);
            Assert.That(
                async () => await opened.FileSystem.OpenAsync(file, CancellationToken.None),
                Throws.TypeOf<GuestFileException>().With.Property(nameof(GuestFileException.Code)).EqualTo(GuestFileErrorCodes.Encrypted));
        }
    }

    [Test]
    public async Task Names_that_fold_case_are_found_exactly_first_and_else_folded()
    {
        using var folder = new TempFolder();
        var inner = Directory.CreateDirectory(folder["folds"]).FullName;
        await File.WriteAllTextAsync(Path.Combine(inner, "Name ä"), "text");
        await File.WriteAllTextAsync(Path.Combine(inner, "other"), "text");
        using var image = await ExtImage.MakeAsync($"-t ext4 -b 4096 -O casefold -d {folder.Path}");
        await image.DebugAsync("set_inode_field folds flags 0x40080000");
        await using var opened = await image.OpenAsync();
        var folds = await opened.FileSystem.FindAsync(opened.FileSystem.Root, "folds", CancellationToken.None);
        Assert.That((await opened.FileSystem.FindAsync(folds!, "Name ä", CancellationToken.None))?.Name, Is.EqualTo("Name ä"));
        Assert.That((await opened.FileSystem.FindAsync(folds!, "NAME Ä", CancellationToken.None))?.Name, Is.EqualTo("Name ä"));
        Assert.That(await opened.FileSystem.FindAsync(folds!, "nobody", CancellationToken.None), Is.Null);
        Assert.That(await opened.FileSystem.FindAsync(opened.FileSystem.Root, "FOLDS", CancellationToken.None), Is.Null);
    }

    [TestCase(0x1u, "compression")]
    [TestCase(0x1000u, "dirdata")]
    [TestCase(0x8000_0000u, "FEATURE_I31")]
    public async Task A_feature_that_is_not_read_is_named(uint feature, string name)
    {
        using var image = await ExtImage.MakeAsync("-t ext4 -b 4096 -O ^metadata_csum");
        await using (var file = new FileStream(image.Path, FileMode.Open))
        {
            var bytes = new byte[sizeof(uint)];
            file.Position = 1024 + 0x60;
            await file.ReadExactlyAsync(bytes);
            file.Position = 1024 + 0x60;
            await file.WriteAsync(BitConverter.GetBytes(BitConverter.ToUInt32(bytes) | feature));
        }

        Assert.That(
            async () => await image.OpenAsync(),
            Throws.TypeOf<GuestFileException>().With.Property(nameof(GuestFileException.Code)).EqualTo(GuestFileErrorCodes.Unsupported).And.Message.Contains(name));
    }

    [Test]
    public async Task What_is_no_file_system_is_refused()
    {
        var device = new MemoryBlockDevice(1 << 20);
        Assert.That(
            async () => await ExtFileSystem.OpenAsync(device, "sda1", CancellationToken.None),
            Throws.TypeOf<GuestFileException>().With.Property(nameof(GuestFileException.Code)).EqualTo(GuestFileErrorCodes.Damaged));
        await device.DisposeAsync();
    }
}
