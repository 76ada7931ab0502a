using System.Buffers.Binary;
using System.Runtime.Versioning;
using System.Text;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Files;
using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;
using VmProxy.Testing;

namespace VmProxy.Engine.Tests.Files;

/// <summary>Files of Windows: what has no place in a folder of Linux is told. ntfs-3g makes them.</summary>
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class NtfsRestoreTests : IDisposable
{
    readonly TempFolder _place = new();

    public void Dispose() => _place.Dispose();

    [Test]
    public async Task Named_streams_are_told_and_each_can_be_restored_by_its_name()
    {
        await using var volumes = await ImageAsync();
        var report = await RestoreAsync(volumes, "all", "/");
        Assert.That((report.Files, report.Outcome), Is.EqualTo((2L, Outcome.Warning)));
        Assert.That(report.Warnings.Select(warning => (warning.Code, warning.Object)), Is.EqualTo(new[] { (ReasonCodesOfFiles.StreamsLeftOut, "disk/report.txt") }));
        Assert.That(await File.ReadAllTextAsync(_place["all/disk/report.txt"]), Is.EqualTo("main"));
        Assert.That(File.GetUnixFileMode(_place["all/disk/report.txt"]), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite), "its ACL is not kept: it is for nobody else");
        var stream = await RestoreAsync(volumes, "one", "/report.txt:notes");
        Assert.That((stream.Files, stream.Bytes, stream.Outcome), Is.EqualTo((1L, 6L, Outcome.Done)));
        Assert.That(await File.ReadAllTextAsync(_place["one/report.txt:notes"]), Is.EqualTo("second"));
    }

    [Test]
    public async Task A_file_is_no_link()
    {
        await using var volumes = await ImageAsync();
        var location = await GuestLocation.ResolveAsync(volumes.Disks, @"\REPORT.TXT", followLast: true, CancellationToken.None);
        Assert.That(
            async () => await location.FileSystem.ReadLinkAsync(location.Entry, CancellationToken.None),
            Throws.InstanceOf<GuestFileException>().With.Property("Code").EqualTo(GuestFileErrorCodes.NotALink));
    }

    [Test]
    public async Task Files_that_an_open_log_may_concern_are_restored_with_a_warning()
    {
        await using (await ImageAsync())
        {
        }

        OpenTheLog(_place["ntfs.img"], "report.txt");
        await using var volumes = await ImageVolumes.OpenAsync(_place["ntfs.img"], CancellationToken.None);
        var report = await RestoreAsync(volumes, "all", "/");
        Assert.That((report.Files, report.LeftOutCount, report.Outcome), Is.EqualTo((2L, 0L, Outcome.Warning)));
        Assert.That(
            report.Warnings.Where(warning => warning.Code == GuestFileErrorCodes.LogNotReplayed).Select(warning => warning.Object),
            Is.EqualTo(new[] { "disk", "disk/report.txt" }), "the volume, and the file");
        var (output, errors) = (new MemoryStream(), new StringWriter());
        Assert.That(await volumes.Browser.ListAsync("/", recursive: false, json: false, output, errors, CancellationToken.None), Is.EqualTo(Outcome.Done));
        var lines = Encoding.UTF8.GetString(output.ToArray()).Split('\n');
        Assert.That(lines.Where(line => line.Contains(GuestFileErrorCodes.LogNotReplayed, StringComparison.Ordinal)), Has.One.Items.And.All.Contains("/report.txt"));
        Assert.That(errors.ToString(), Does.StartWith("vmproxy: disk: ").And.Contain(GuestFileErrorCodes.LogNotReplayed));
    }

    async Task<FilesReport> RestoreAsync(ImageVolumes volumes, string folder, string path)
    {
        var tally = new FileTally();
        await using var target = new LinuxFolderTarget(Directory.CreateDirectory(_place[folder]).FullName, overwrite: false);
        await new FileRestore(volumes.Disks, target, tally, progress: null).RunAsync([path], CancellationToken.None);
        await target.CompleteAsync(tally.Warn, CancellationToken.None);
        return tally.Report("point", "vm", folder);
    }

    /// <summary>Makes the log one that is open and holds no checkpoint, and the file one that was changed since the oldest record that it needs.</summary>
    static void OpenTheLog(string path, string file)
    {
        const int page = 4096;
        const int record = 1024;
        var image = File.ReadAllBytes(path);
        var records = Enumerable.Range(0, image.Length / record).Select(number => number * record).Where(at => image.AsSpan(at).StartsWith("FILE"u8)).ToList();
        var changed = records.Single(at => image.AsSpan(at, record).IndexOf(Encoding.Unicode.GetBytes(file)) >= 0);
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(changed + 8), 5000);
        // A log that mkntfs made, and nobody used, is filled with ones.
        var log = Enumerable.Range(1, image.Length / page).Select(number => number * page).First(at => image.AsSpan(at, 8 * page).IndexOfAnyExcept((byte)0xFF) < 0);
        var restart = image.AsSpan(log, page);
        restart.Clear();
        "RSTR"u8.CopyTo(restart);
        (restart[0x04], restart[0x06], restart[0x18]) = (0x1E, (page / 512) + 1, 0x30);
        BinaryPrimitives.WriteInt32LittleEndian(restart[0x10..], page);
        BinaryPrimitives.WriteInt32LittleEndian(restart[0x14..], page);
        (restart[0x38], restart[0x46]) = (1, 0x40);
        BinaryPrimitives.WriteInt64LittleEndian(restart[0x70..], 4000);
        File.WriteAllBytes(path, image);
    }

    async Task<ImageVolumes> ImageAsync()
    {
        var (image, mount) = (_place["ntfs.img"], Directory.CreateDirectory(_place["mount"]).FullName);
        await using (var file = File.Create(image))
        {
            file.SetLength(16 << 20);
        }

        await Tool.RunAsync(Tool.Require("mkntfs", "ntfs-3g"), ["-q", "-f", "-F", image]);
        await Tool.RunAsync(Tool.Require("ntfs-3g", "ntfs-3g"), ["-o", "streams_interface=xattr", image, mount]);
        try
        {
            await File.WriteAllTextAsync(Path.Combine(mount, "report.txt"), "main");
            await File.WriteAllTextAsync(Path.Combine(mount, "download.exe"), "program");
            await Tool.RunAsync(Tool.Require("setfattr", "attr"), ["-n", "user.notes", "-v", "second", Path.Combine(mount, "report.txt")]);
            await Tool.RunAsync(Tool.Require("setfattr", "attr"), ["-n", "user.Zone.Identifier", "-v", "ZoneId=3", Path.Combine(mount, "download.exe")]);
        }
        finally
        {
            await Tool.RunAsync(Tool.Require("umount", "mount"), [mount]);
        }

        return await ImageVolumes.OpenAsync(image, CancellationToken.None);
    }
}
