namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>Links of Windows and names, which ntfs-3g shows differently than Windows.</summary>
sealed class NtfsLinkTests
{
    const string Tree = """
        write("Folder/Sub/Target.txt", b"the target")
        reparse("absolute", 0xA000000C, link_data("\\??\\C:\\Folder\\Sub\\Target.txt", "C:\\Folder\\Sub\\Target.txt", 0))
        reparse("Folder/relative", 0xA000000C, link_data("Sub\\Target.txt", "Sub\\Target.txt", 1))
        reparse("directory link", 0xA000000C, link_data("Folder", "Folder", 1), folder=True)
        reparse("junction", 0xA0000003, link_data("\\??\\C:\\Folder", "C:\\Folder"), folder=True)
        reparse("other volume", 0xA0000003, link_data("\\??\\Volume{12345678-0000-0000-0000-100000000000}\\", ""), folder=True)
        write("Long name of a program.txt", b"program")
        os.setxattr(path("Long name of a program.txt"), "system.ntfs_dos_name", b"LONGNA~1.TXT")
        write("both", b"small"); write("BOTH", b"large")
        write("ÄÖÜ straße", b"umlauts")
        """;

    NtfsImage _image = null!;

    [OneTimeSetUp]
    public async Task Make_the_image() => _image = await NtfsImage.CreateAsync(Tree, length: 8 << 20);

    [OneTimeTearDown]
    public void Remove_the_image() => _image.Dispose();

    [Test]
    public async Task Links_give_the_substitute_name_and_can_be_followed()
    {
        await using var opened = await _image.OpenAsync();
        (string Path, GuestEntryKind Kind, string Target)[] expected =
        [
            ("absolute", GuestEntryKind.SymbolicLink, @"\??\C:\Folder\Sub\Target.txt"),
            ("Folder/relative", GuestEntryKind.SymbolicLink, @"Sub\Target.txt"),
            ("directory link", GuestEntryKind.SymbolicLink, "Folder"),
            ("junction", GuestEntryKind.Junction, @"\??\C:\Folder"),
            ("other volume", GuestEntryKind.Junction, @"\??\Volume{12345678-0000-0000-0000-100000000000}\"),
        ];
        foreach (var (path, kind, target) in expected)
        {
            var entry = await opened.FindAsync(path);
            Assert.That(entry.Kind, Is.EqualTo(kind), path);
            Assert.That(await opened.FileSystem.ReadLinkAsync(entry, CancellationToken.None), Is.EqualTo(target));
        }

        foreach (var path in new[] { "absolute", "Folder/relative", "directory link/Sub/Target.txt", @"junction\sub\target.TXT" })
        {
            var followed = await GuestPath.FindAsync(opened.FileSystem, path, followLast: true, CancellationToken.None);
            Assert.That(followed?.Name, Is.EqualTo("Target.txt"), path);
        }
    }

    [Test]
    public async Task A_damaged_link_is_told()
    {
        var bytes = await NtfsBytes.OfAsync(_image);
        await using var opened = await bytes.OpenAsync();
        var entry = await opened.FindAsync("absolute");

        // The substitute name's length, behind the attribute's head and the reparse point's.
        bytes.Attribute(entry.Id, NtfsAttributeType.ReparsePoint)[24 + 8 + 3] = 0x7F;
        Assert.That(
            async () => await opened.FileSystem.ReadLinkAsync(entry, CancellationToken.None),
            Throws.TypeOf<GuestFileException>().With.Property("Code").EqualTo(GuestFileErrorCodes.Damaged));
    }

    [TestCase("long NAME of a program.txt", "Long name of a program.txt")]
    [TestCase("longna~1.txt", "Long name of a program.txt")]
    [TestCase("both", "both")]
    [TestCase("BOTH", "BOTH")]
    [TestCase("äöü STRAßE", "ÄÖÜ straße")]
    public async Task Names_are_found_in_either_case_and_by_their_short_form(string asked, string name)
    {
        await using var opened = await _image.OpenAsync();
        var entry = await opened.FileSystem.FindAsync(opened.FileSystem.Root, asked, CancellationToken.None);
        Assert.That(entry?.Name, Is.EqualTo(name));
        Assert.That(await opened.FileSystem.FindAsync(opened.FileSystem.Root, asked + "x", CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task Short_names_and_metafiles_are_not_listed_and_links_do_not_count_short_names()
    {
        await using var opened = await _image.OpenAsync();
        var names = new List<string>();
        await foreach (var entry in opened.FileSystem.ListAsync(opened.FileSystem.Root, new GuestProblems(), CancellationToken.None))
        {
            names.Add(entry.Name);
        }

        Assert.That(names, Does.Not.Contain("LONGNA~1.TXT").And.None.StartsWith("$").And.Not.Contain("."));
        Assert.That(names, Is.Unique);
        Assert.That((await opened.FindAsync("Long name of a program.txt")).Links, Is.EqualTo(1));
        Assert.That((await opened.FindAsync("$MFT")).Size, Is.Positive);
    }
}
