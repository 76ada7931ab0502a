using System.Runtime.Versioning;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Files;
using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;
using VmProxy.Testing;

namespace VmProxy.Engine.Tests.Files;

/// <summary>The folder that guest files are restored into. The kernel judges, by stat.</summary>
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class LinuxFolderTargetTests : IDisposable
{
    readonly TempFolder _place = new();
    readonly List<Failure> _remarks = [];

    string Target => Directory.CreateDirectory(Path.Combine(_place.Path, "target")).FullName;

    string Outside => Directory.CreateDirectory(Path.Combine(_place.Path, "outside")).FullName;

    public void Dispose() => _place.Dispose();

    [Test]
    public async Task Files_come_with_bytes_mode_times_and_owner()
    {
        Assert.That(await PutAsync(TestEntry.Folder("etc", 0b101_101_101), TestEntry.File("etc/passwd", "root"u8.ToArray(), 0b110_100_100)), Is.All.Null);
        Assert.That(await StatAsync("etc/passwd"), Is.EqualTo("644 1234 4321 4 2023-11-14 22:13:20.123456789 +0000"));
        Assert.That(await StatAsync("etc"), Does.StartWith("555 1234 4321 ").And.EndsWith("2023-11-14 22:13:20.123456789 +0000"));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(Target, "etc/passwd")), Is.EqualTo("root"));
        Assert.That(_remarks, Is.Empty);
    }

    [Test]
    public async Task Names_that_are_no_text_keep_their_bytes()
    {
        byte[] name = [0x66, 0xFF, 0xFE, 0x0A];
        await PutAsync(TestEntry.File(GuestName.FromBytes(name), [1]));
        var listed = await Tool.RunAsync("/bin/sh", ["-c", $"ls -b '{Target}'"]);
        Assert.That(listed.Trim(), Is.EqualTo("f\\377\\376\\n"));
        // .NET cannot name it.
        await Tool.RunAsync("/bin/rm", ["-r", Target]);
    }

    [Test]
    public async Task Extended_attributes_come_too()
    {
        var item = TestEntry.File("a", [1]) with { Attributes = [new GuestAttribute("user.colour", "blue"u8.ToArray())] };
        await PutAsync(item);
        Assert.That(await Tool.RunAsync(Tool.Require("getfattr", "attr"), ["--only-values", "-n", "user.colour", Path.Combine(Target, "a")]), Is.EqualTo("blue"));
    }

    [Test]
    public async Task An_attribute_that_the_folder_does_not_take_is_told_and_the_file_is_there()
    {
        var item = TestEntry.File("a", [1]) with { Attributes = [new GuestAttribute("nonsense.colour", "blue"u8.ToArray())] };
        Assert.That(await PutAsync(item), Is.All.Null);
        Assert.That(_remarks.Select(remark => (remark.Code, remark.Object)), Is.EqualTo(new[] { (ReasonCodesOfFiles.AttributesLost, "a") }));
        Assert.That(File.Exists(Path.Combine(Target, "a")));
    }

    [Test]
    public async Task Holes_stay_holes()
    {
        var bytes = new byte[64 << 20];
        bytes[^1] = 1;
        await PutAsync(TestEntry.File("sparse", bytes));
        Assert.That(new FileInfo(Path.Combine(Target, "sparse")).Length, Is.EqualTo(bytes.Length));
        var blocks = await Tool.RunAsync("/usr/bin/stat", ["-c", "%b", Path.Combine(Target, "sparse")]);
        Assert.That(long.Parse(blocks) * 512, Is.LessThan(1 << 20));
    }

    [Test]
    public async Task A_file_that_is_there_is_kept_unless_it_may_be_replaced()
    {
        await File.WriteAllTextAsync(Path.Combine(Target, "a"), "mine");
        Assert.That((await PutAsync(TestEntry.File("a", "theirs"u8.ToArray())))[0]?.Code, Is.EqualTo(ReasonCodesOfFiles.Exists));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(Target, "a")), Is.EqualTo("mine"));
        Assert.That(await PutAsync(true, TestEntry.File("a", "theirs"u8.ToArray())), Is.All.Null);
        Assert.That(await File.ReadAllTextAsync(Path.Combine(Target, "a")), Is.EqualTo("theirs"));
        Assert.That(Directory.GetFileSystemEntries(Target), Has.Length.EqualTo(1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_link_that_lies_there_leads_nothing_out(bool overwrite)
    {
        await File.WriteAllTextAsync(Path.Combine(Outside, "victim"), "mine");
        File.CreateSymbolicLink(Path.Combine(Target, "file"), Path.Combine(Outside, "victim"));
        File.CreateSymbolicLink(Path.Combine(Target, "folder"), Outside);
        var answers = await PutAsync(
            overwrite, TestEntry.File("file", "theirs"u8.ToArray()), TestEntry.Folder("folder"), TestEntry.File("folder/victim", "theirs"u8.ToArray()));
        Assert.That(answers[0]?.Code, Is.EqualTo(overwrite ? null : ReasonCodesOfFiles.Exists));
        Assert.That(answers[1]?.Code, Is.EqualTo(ReasonCodesOfFiles.Exists));
        Assert.That(answers[2]?.Code, Is.EqualTo(ReasonCodesOfFiles.NotWritten));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(Outside, "victim")), Is.EqualTo("mine"));
        Assert.That(new FileInfo(Path.Combine(Target, "file")).LinkTarget, overwrite ? Is.Null : Is.Not.Null);
    }

    [Test]
    public async Task A_link_of_the_guest_leads_nothing_out()
    {
        var answers = await PutAsync(true, TestEntry.Link("way", Outside), TestEntry.File("way/new", [1]), TestEntry.Folder("way/deep"), TestEntry.Link("way/link", "x"));
        Assert.That(answers.Select(answer => answer?.Code), Is.EqualTo(new[] { null, ReasonCodesOfFiles.NotWritten, ReasonCodesOfFiles.NotWritten, ReasonCodesOfFiles.NotWritten }));
        Assert.That(Directory.GetFileSystemEntries(Outside), Is.Empty);
        Assert.That(new FileInfo(Path.Combine(Target, "way")).LinkTarget, Is.EqualTo(Outside));
    }

    [TestCase("../outside/x")]
    [TestCase("/tmp/x")]
    [TestCase("..")]
    public async Task A_name_never_leads_out(string path)
    {
        Assert.That((await PutAsync(true, TestEntry.File(path, [1])))[0]?.Code, Is.EqualTo(ReasonCodesOfFiles.UnsafeName));
        Assert.That(Directory.GetFileSystemEntries(Outside), Is.Empty);
        Assert.That(Directory.GetFileSystemEntries(Target), Is.Empty);
    }

    [Test]
    public async Task Device_nodes_pipes_and_sockets_are_left_out()
    {
        var answers = await PutAsync(
            TestEntry.Special("sda", GuestEntryKind.BlockDevice), TestEntry.Special("tty", GuestEntryKind.CharacterDevice), TestEntry.Special("p", GuestEntryKind.Pipe));
        Assert.That(answers.Select(answer => answer?.Code), Is.All.EqualTo(ReasonCodesOfFiles.Special));
        Assert.That(Directory.GetFileSystemEntries(Target), Is.Empty);
    }

    [Test]
    public async Task Hard_links_share_one_file()
    {
        await PutAsync(TestEntry.Folder("d"), TestEntry.File("d/a", [1]), TestEntry.File("b", [1]) with { Content = null, SameAs = "d/a" });
        Assert.That(await Tool.RunAsync("/usr/bin/stat", ["-c", "%h", Path.Combine(Target, "b")]), Is.EqualTo("2\n"));
    }

    [Test]
    public async Task Nothing_stays_of_a_file_that_breaks_off()
    {
        await using var target = new LinuxFolderTarget(Target, overwrite: false);
        var item = TestEntry.File("big", new byte[8 << 20]) with { Content = new BrokenContent(8 << 20, 5 << 20) };
        Assert.That(async () => await target.PutAsync(item, _remarks.Add, CancellationToken.None), Throws.InstanceOf<GuestFileException>());
        Assert.That(Directory.GetFileSystemEntries(Target), Is.Empty);
    }

    [Test]
    public async Task A_full_disk_ends_the_work_and_keeps_what_is_whole()
    {
        await Tool.RunAsync(Tool.Require("mount", "mount"), ["-t", "tmpfs", "-o", "size=1m", "tmpfs", Target]);
        try
        {
            await using var target = new LinuxFolderTarget(Target, overwrite: false);
            Assert.That(await target.PutAsync(TestEntry.File("small", [1]), _remarks.Add, CancellationToken.None), Is.Null);
            var big = new byte[4 << 20];
            Random.Shared.NextBytes(big);
            var failure = Assert.ThrowsAsync<EngineException>(async () => await target.PutAsync(TestEntry.File("big", big), _remarks.Add, CancellationToken.None));
            Assert.That(failure.Failure.Code, Is.EqualTo(ReasonCodesOfFiles.NotWritten));
            Assert.That(Directory.GetFileSystemEntries(Target).Select(Path.GetFileName), Is.EqualTo(new[] { "small" }));
        }
        finally
        {
            await Tool.RunAsync(Tool.Require("umount", "mount"), [Target]);
        }
    }

    [Test]
    public async Task A_folder_that_was_there_keeps_its_mode()
    {
        Directory.CreateDirectory(Path.Combine(Target, "d"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.That(await PutAsync(TestEntry.Folder("d", 0b111_111_111), TestEntry.File("d/a", [1])), Is.All.Null);
        Assert.That(await StatAsync("d"), Does.StartWith("700 0 0 "));
    }

    [Test]
    public async Task Trees_deeper_than_files_may_be_open_are_restored()
    {
        var items = Enumerable.Range(1, 1500).Select(depth => TestEntry.Folder(string.Join('/', Enumerable.Repeat("d", depth)))).ToList();
        items.Add(TestEntry.File(items[^1].Path + "/leaf", [1]));
        Assert.That(await PutAsync([.. items]), Is.All.Null);
        Assert.That(await Tool.RunAsync("/usr/bin/find", [Target, "-name", "leaf", "-printf", "%d"]), Is.EqualTo("1501"));
    }

    [Test]
    public async Task A_folder_that_took_the_place_of_a_restored_one_keeps_its_owner_and_mode()
    {
        Directory.CreateDirectory(Path.Combine(Outside, "private"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using (var target = new LinuxFolderTarget(Target, overwrite: false))
        {
            Assert.That(await target.PutAsync(TestEntry.Folder("d", 0b111_111_111), _remarks.Add, CancellationToken.None), Is.Null);
            Directory.Move(Path.Combine(Target, "d"), Path.Combine(Outside, "d"));
            Directory.Move(Path.Combine(Outside, "private"), Path.Combine(Target, "d"));
            await target.CompleteAsync(_remarks.Add, CancellationToken.None);
        }

        Assert.That(await StatAsync("d"), Does.StartWith("700 0 0 "));
        Assert.That(_remarks.Select(remark => (remark.Code, remark.Object)), Is.EqualTo(new[] { (ReasonCodesOfFiles.AttributesLost, "d") }));
    }

    [Test]
    public async Task A_folder_that_is_gone_when_it_is_finished_is_told()
    {
        await using (var target = new LinuxFolderTarget(Target, overwrite: false))
        {
            await target.PutAsync(TestEntry.Folder("d"), _remarks.Add, CancellationToken.None);
            Directory.Delete(Path.Combine(Target, "d"));
            await target.CompleteAsync(_remarks.Add, CancellationToken.None);
        }

        Assert.That(_remarks.Select(remark => (remark.Code, remark.Object)), Is.EqualTo(new[] { (ReasonCodesOfFiles.AttributesLost, "d") }));
    }

    [Test]
    public async Task A_file_that_took_the_place_of_a_restored_link_keeps_its_owner()
    {
        await File.WriteAllTextAsync(Path.Combine(Target, "link"), "secret");
        using var folder = LinuxFolderCalls.OpenFolder(Target, out _);
        new LinuxFacts().ApplyToLink(TestEntry.Link("link", "x"), folder, "link"u8.ToArray(), _remarks.Add);
        Assert.That(await StatAsync("link"), Does.Contain(" 0 0 6 "));
        Assert.That(_remarks.Select(remark => remark.Code), Is.EqualTo(new[] { ReasonCodesOfFiles.AttributesLost }));
    }

    [Test]
    public async Task A_link_belongs_to_whom_it_belonged_and_is_as_old()
    {
        Assert.That(await PutAsync(TestEntry.Link("link", "nowhere")), Is.All.Null);
        Assert.That(await StatAsync("link"), Is.EqualTo("777 1234 4321 7 2023-11-14 22:13:20.123456789 +0000"));
        Assert.That(_remarks, Is.Empty);
    }

    [Test]
    public async Task Who_has_no_owner_gets_no_bits_that_lend_his_rights_and_that_is_told()
    {
        var item = TestEntry.File("su", [1], 0b110_111_101_101);
        var orphan = item with { Entry = new TestEntry { Name = "su", Id = 1, Kind = GuestEntryKind.File, Mode = item.Entry.Mode, Modified = item.Entry.Modified, Size = 1 } };
        Assert.That(await PutAsync(orphan), Is.All.Null);
        Assert.That(await StatAsync("su"), Does.StartWith("755 0 0 "));
        Assert.That(_remarks.Single().Message, Does.Contain("setuid"));
    }

    [Test]
    public async Task A_file_that_is_there_is_noticed_before_the_new_one_is_read()
    {
        await File.WriteAllTextAsync(Path.Combine(Target, "a"), "mine");
        var item = TestEntry.File("a", new byte[4096]) with { Content = new BrokenContent(4096, 0) };
        Assert.That((await PutAsync(item))[0]?.Code, Is.EqualTo(ReasonCodesOfFiles.Exists));
    }

    [Test]
    public async Task A_file_in_the_way_of_a_folder_is_not_to_be_overwritten()
    {
        await File.WriteAllTextAsync(Path.Combine(Target, "d"), "mine");
        var answer = (await PutAsync(true, TestEntry.Folder("d")))[0];
        Assert.That((answer?.Code, answer?.Next), Is.EqualTo((ReasonCodesOfFiles.Exists, "Restore to another folder, or move it away.")));
    }

    Task<Failure?[]> PutAsync(params FileItem[] items) => PutAsync(false, items);

    async Task<Failure?[]> PutAsync(bool overwrite, params FileItem[] items)
    {
        await using var target = new LinuxFolderTarget(Target, overwrite);
        var answers = new List<Failure?>();
        foreach (var item in items)
        {
            answers.Add(await target.PutAsync(item, _remarks.Add, CancellationToken.None));
        }

        await target.CompleteAsync(_remarks.Add, CancellationToken.None);
        return [.. answers];
    }

    async Task<string> StatAsync(string path) =>
        (await Tool.RunAsync("/usr/bin/env", ["TZ=UTC", "stat", "-c", "%a %u %g %s %y", Path.Combine(Target, path)])).Trim();
}
