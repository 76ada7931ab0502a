using System.Runtime.Versioning;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Files;
using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;
using VmProxy.Testing;

namespace VmProxy.Engine.Tests.Files;

/// <summary>Entries that only a forged file system has: each is left out and named by every target, and the next one is put.</summary>
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class HostileEntryTests : IDisposable
{
    readonly TempFolder _place = new();

    public void Dispose() => _place.Dispose();

    [Test]
    public async Task A_link_to_nothing_is_left_out([Values] Kind kind, [Values("", "a\0b")] string target) =>
        Assert.That(await PutAsync(kind, TestEntry.Link("link", target)), Is.EqualTo(ReasonCodesOfFiles.UnsafeName));

    [Test]
    public async Task A_name_with_a_slash_makes_no_folders([Values] Kind kind)
    {
        var entry = TestEntry.Named("a/b", "folder/a/b");
        Assert.That(await PutAsync(kind, entry), Is.EqualTo(ReasonCodesOfFiles.UnsafeName));
    }

    [Test]
    public async Task A_file_larger_than_the_file_system_takes_is_left_out([Values(Kind.Folder, Kind.Portable)] Kind kind)
    {
        await using (var image = File.Create(_place["ext4"]))
        {
            image.SetLength(8 << 20);
        }

        await Tool.RunAsync(Tool.Require("mke2fs", "e2fsprogs"), ["-q", "-F", "-t", "ext4", _place["ext4"]]);
        var mount = Directory.CreateDirectory(_place["target"]).FullName;
        await Tool.RunAsync(Tool.Require("mount", "mount"), ["-o", "loop", _place["ext4"], mount]);
        try
        {
            var sparse = TestEntry.File("sparse", []) with { Content = new EmptySpace(1L << 50) };
            Assert.That(await PutAsync(kind, sparse), Is.EqualTo(ReasonCodesOfFiles.NotWritten));
            Assert.That(Directory.GetFiles(mount), Is.Empty);
        }
        finally
        {
            await Tool.RunAsync(Tool.Require("umount", "mount"), [mount]);
        }
    }

    [Test]
    public async Task A_full_disk_ends_the_work([Values(Kind.Folder, Kind.Portable)] Kind kind)
    {
        var mount = Directory.CreateDirectory(_place["target"]).FullName;
        await Tool.RunAsync(Tool.Require("mount", "mount"), ["-t", "tmpfs", "-o", "size=1m", "tmpfs", mount]);
        try
        {
            var big = new byte[4 << 20];
            Array.Fill(big, (byte)1);
            var failure = Assert.ThrowsAsync<EngineException>(() => PutAsync(kind, TestEntry.File("big", big)));
            Assert.That(failure.Failure.Code, Is.EqualTo(ReasonCodesOfFiles.NotWritten));
            Assert.That(Directory.GetFiles(mount), Is.Empty);
        }
        finally
        {
            await Tool.RunAsync(Tool.Require("umount", "mount"), [mount]);
        }
    }

    [Test]
    public async Task Folders_of_a_restore_that_was_given_up_have_their_mode_and_time([Values(Kind.Folder, Kind.Portable)] Kind kind)
    {
        await using (var target = Open(kind))
        {
            foreach (var path in (string[])["d", "d/e"])
            {
                Assert.That(await target.PutAsync(TestEntry.Folder(path, 0b101_101_101), _ => { }, CancellationToken.None), Is.Null);
            }
        }

        foreach (var path in (string[])["target/d", "target/d/e"])
        {
            Assert.That(Directory.GetLastWriteTimeUtc(_place[path]), Is.EqualTo(DateTime.UnixEpoch.AddSeconds(1_700_000_000.1234567)).Within(TimeSpan.FromMilliseconds(1)));
        }

        if (kind == Kind.Folder)
        {
            Assert.That((int)File.GetUnixFileMode(_place["target/d/e"]), Is.EqualTo(0b101_101_101));
        }
    }

    [Test]
    public void Sparse_files_of_any_size_can_be_counted()
    {
        var tally = new FileTally();
        for (var i = 0; i < 3; i++)
        {
            tally.Restored(TestEntry.File("a", []).Entry, isLink: false);
            tally.RestoredStream(new GuestStream("s", long.MaxValue - 5));
        }

        Assert.That(tally.Report("", "", "").Bytes, Is.EqualTo(long.MaxValue));
    }

    async Task<string?> PutAsync(Kind kind, FileItem hostile)
    {
        await using var target = Open(kind);
        Assert.That(await target.PutAsync(TestEntry.Folder("folder"), _ => { }, CancellationToken.None), Is.Null);
        var answer = await target.PutAsync(hostile, _ => { }, CancellationToken.None);
        Assert.That(await target.PutAsync(TestEntry.File("folder/next", [1]), _ => { }, CancellationToken.None), Is.Null);
        await target.CompleteAsync(_ => { }, CancellationToken.None);
        return answer?.Code;
    }

    IFileTarget Open(Kind kind) => kind switch
    {
        Kind.Zip => new ZipTarget(new MemoryStream()),
        Kind.Tar => new TarTarget(new MemoryStream()),
        Kind.Portable => new PortableFolderTarget(Directory.CreateDirectory(_place["target"]).FullName, overwrite: false),
        _ => new LinuxFolderTarget(Directory.CreateDirectory(_place["target"]).FullName, overwrite: false),
    };

    /// <summary>The targets that there are.</summary>
    public enum Kind
    {
        /// <summary>A folder by system calls.</summary>
        Folder,

        /// <summary>A folder by .NET.</summary>
        Portable,

        /// <summary>A zip archive.</summary>
        Zip,

        /// <summary>A tar archive.</summary>
        Tar,
    }
}
