using System.Runtime.Versioning;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Files;
using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;
using VmProxy.Testing;

namespace VmProxy.Engine.Tests.Files;

/// <summary>Archives of guest files; GNU tar and Python's zipfile judge.</summary>
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class ArchiveTargetTests : IDisposable
{
    readonly TempFolder _place = new();
    readonly List<Failure> _remarks = [];

    public void Dispose() => _place.Dispose();

    [Test]
    public async Task A_tar_archive_holds_links_owners_modes_and_times()
    {
        var big = new byte[(3 << 20) + 17];
        new Random(5).NextBytes(big);
        var archive = await PutAsync(
            FilesTargetKind.Tar, TestEntry.Folder("d"), TestEntry.File("d/big", big), TestEntry.File("d/again", []) with { Content = null, SameAs = "d/big" },
            TestEntry.Link("d/link", "/etc/passwd"), TestEntry.File("d/empty", []), TestEntry.Special("d/pipe", GuestEntryKind.Pipe));
        var listing = await Tool.RunAsync("/usr/bin/env", ["TZ=UTC", "tar", "--numeric-owner", "--full-time", "-tvf", archive]);
        Assert.That(listing, Does.Contain($"-rw-r----- 1234/4321{big.Length,10} 2023-11-14 22:13:20.123456"));
        Assert.That(listing, Does.Contain(" d/again link to d/big").And.Contain(" d/link -> /etc/passwd").And.Contain("drwxr-x--- 1234/4321").And.Contain("prw-------"));
        var folder = Directory.CreateDirectory(Path.Combine(_place.Path, "out")).FullName;
        await Tool.RunAsync("/usr/bin/tar", ["-xf", archive, "-C", folder]);
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(folder, "d/again")), Is.EqualTo(big));
        Assert.That(_remarks, Is.Empty);
    }

    [Test]
    public async Task A_zip_archive_can_be_unpacked_anywhere()
    {
        var big = new byte[(3 << 20) + 17];
        new Random(6).NextBytes(big);
        var archive = await PutAsync(
            FilesTargetKind.Zip, TestEntry.Folder("d"), TestEntry.File("d/big", big), TestEntry.File("d/CON", [1, 2]), TestEntry.Link("d/link", "big"), TestEntry.File("d/ä", []));
        var script = $"""
            import zipfile, hashlib
            z = zipfile.ZipFile('{archive}')
            assert z.testzip() is None
            for i in z.infolist():
                print(i.filename, oct(i.external_attr >> 16), i.date_time, hashlib.sha256(z.read(i)).hexdigest()[:8])
            """;
        var lines = (await Tool.RunAsync(Tool.Require("python3", "python3"), ["-c", script])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(big))[..8];
        Assert.That(lines[0], Does.StartWith("d/ 0o40750 (2023, 11, 14, 22, 13, 20)"));
        Assert.That(lines[1], Does.StartWith("d/big 0o100640").And.EndWith(hash));
        Assert.That(lines[2], Does.StartWith("d/%43ON 0o100640"));
        Assert.That(lines[3], Does.StartWith("d/link 0o120777"));
        Assert.That(lines[4], Does.StartWith("d/ä "));
        Assert.That(_remarks.Select(remark => remark.Code), Is.EqualTo(new[] { ReasonCodesOfFiles.Renamed }));
    }

    [TestCase(FilesTargetKind.Zip)]
    [TestCase(FilesTargetKind.Tar)]
    public async Task A_small_file_that_cannot_be_read_is_left_out_and_the_archive_is_sound(FilesTargetKind kind)
    {
        var archive = Path.Combine(_place.Path, "a");
        await using (var target = Open(kind, archive))
        {
            var broken = TestEntry.File("broken", new byte[5000]) with { Content = new BrokenContent(5000, 0) };
            Assert.That(async () => await target.PutAsync(broken, _remarks.Add, CancellationToken.None), Throws.InstanceOf<GuestFileException>());
            Assert.That(await target.PutAsync(TestEntry.File("good", [1]), _remarks.Add, CancellationToken.None), Is.Null);
            await target.CompleteAsync(_remarks.Add, CancellationToken.None);
        }

        var names = await Tool.RunAsync(Tool.Require("python3", "python3"), ["-c", kind == FilesTargetKind.Zip
            ? $"import zipfile; print(*zipfile.ZipFile('{archive}').namelist())" : $"import tarfile; print(*tarfile.open('{archive}').getnames())"]);
        Assert.That(names.Trim(), Is.EqualTo("good"));
    }

    [TestCase(FilesTargetKind.Zip)]
    [TestCase(FilesTargetKind.Tar)]
    public async Task A_large_file_that_breaks_off_leaves_no_archive(FilesTargetKind kind)
    {
        var archive = Path.Combine(_place.Path, "a");
        await using (var target = Open(kind, archive))
        {
            var broken = TestEntry.File("broken", new byte[8 << 20]) with { Content = new BrokenContent(8 << 20, 5 << 20) };
            var failure = Assert.ThrowsAsync<EngineException>(async () => await target.PutAsync(broken, _remarks.Add, CancellationToken.None));
            Assert.That(failure.Failure.Code, Is.EqualTo(ReasonCodesOfFiles.ArchiveBroken));
        }

        Assert.That(Directory.GetFileSystemEntries(_place.Path), Is.Empty);
    }

    [Test]
    public async Task An_archive_that_is_there_is_kept_unless_it_may_be_replaced()
    {
        var archive = Path.Combine(_place.Path, "a.tar");
        await File.WriteAllTextAsync(archive, "mine");
        var failure = Assert.Throws<EngineException>(() => Open(FilesTargetKind.Tar, archive));
        Assert.That(failure.Failure.Code, Is.EqualTo(ReasonCodesOfFiles.Exists));
        Assert.That(await File.ReadAllTextAsync(archive), Is.EqualTo("mine"));
        await using (var target = Open(FilesTargetKind.Tar, archive, overwrite: true))
        {
            await target.CompleteAsync(_remarks.Add, CancellationToken.None);
        }

        Assert.That(new FileInfo(archive).Length, Is.GreaterThanOrEqualTo(1024), "two empty blocks end a tar archive");
        Assert.That(File.GetUnixFileMode(archive), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task Bytes_of_a_name_that_are_no_text_are_escaped_in_an_archive_and_told()
    {
        var archive = await PutAsync(FilesTargetKind.Tar, TestEntry.File(GuestName.FromBytes([0x61, 0xFF]), [1]));
        Assert.That(await Tool.RunAsync("/usr/bin/tar", ["-tf", archive]), Is.EqualTo("a%FF\n"));
        Assert.That(_remarks.Select(remark => remark.Code), Is.EqualTo(new[] { ReasonCodesOfFiles.Renamed }));
    }

    [TestCase(FilesTargetKind.Tar, -315_619_200, 5u, "1970-01-01")]
    [TestCase(FilesTargetKind.Tar, 915_032_385_536_000, 5u, "9999-12-31")]
    [TestCase(FilesTargetKind.Tar, 15_032_385_535, 5u, null)]
    [TestCase(FilesTargetKind.Tar, 1_700_000_000, 4_294_967_290u, "a number too large")]
    [TestCase(FilesTargetKind.Zip, 157_766_400, 5u, "1980-01-01")]
    [TestCase(FilesTargetKind.Zip, 15_032_385_535, 5u, "2107-12-31")]
    [TestCase(FilesTargetKind.Zip, 1_700_000_000, 4_294_967_290u, null)]
    public async Task A_time_or_owner_that_an_archive_does_not_hold_is_told(FilesTargetKind kind, long modified, uint owner, string? told)
    {
        await PutAsync(kind, TestEntry.With(TestEntry.File("a", [1]), new GuestTime(modified, 0), owner, owner));
        Assert.That(_remarks.Select(remark => (remark.Code, remark.Object)), Is.EqualTo(told is null ? [] : new[] { (ReasonCodesOfFiles.AttributesLost, "a") }));
        Assert.That(_remarks.Select(remark => remark.Message), Has.All.Contains(told ?? ""));
    }

    async Task<string> PutAsync(FilesTargetKind kind, params FileItem[] items)
    {
        var archive = Path.Combine(_place.Path, "archive");
        await using var target = Open(kind, archive);
        foreach (var item in items)
        {
            Assert.That(await target.PutAsync(item, _remarks.Add, CancellationToken.None), Is.Null, item.Path);
        }

        await target.CompleteAsync(_remarks.Add, CancellationToken.None);
        return archive;
    }

    static IFileTarget Open(FilesTargetKind kind, string archive, bool overwrite = false) =>
        FileTargets.Open(new FilesGetRequest("", [], kind, archive, overwrite));
}
