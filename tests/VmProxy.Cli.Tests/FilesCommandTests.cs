using System.Runtime.Versioning;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using VmProxy.Blocks;
using VmProxy.Engine;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Files;
using VmProxy.GuestFiles;
using VmProxy.Lab;
using VmProxy.Testing;

namespace VmProxy.Cli.Tests;

/// <summary>Guest files of points, and of images without anything else.</summary>
[Category("Slow")]
[SupportedOSPlatform("linux")]
sealed class FilesCommandTests : CliFixture
{
    const int Size = 64 << 20;

    TempFolder _place = null!;

    string Tree => Directory.CreateDirectory(_place["tree"]).FullName;

    [SetUp]
    public void MakeTree()
    {
        _place = new TempFolder();
        Directory.CreateDirectory(Path.Combine(Tree, "etc/deep"));
        File.WriteAllText(Path.Combine(Tree, "etc/hosts"), "127.0.0.1 localhost\n");
        File.WriteAllText(Path.Combine(Tree, "etc/deep/empty"), "");
        File.WriteAllBytes(Path.Combine(Tree, "big"), Bytes(5 << 20));
        File.CreateSymbolicLink(Path.Combine(Tree, "link"), "etc/hosts");
    }

    [TearDown]
    public void RemoveTree() => _place.Dispose();

    [Test]
    public async Task A_file_that_was_deleted_comes_back_from_the_point_before()
    {
        var (before, after) = await TwoNightsAsync();
        Expect(await RunAsync("files", "ls", before), ExitCodes.Done, "disk1", "an ext4 file system");
        Expect(await RunAsync("files", "ls", before, "/etc"), ExitCodes.Done, "/etc/hosts", "/etc/deep");
        Expect(await RunAsync("files", "ls", after, "disk1:/etc/hosts"), ExitCodes.Failed, GuestFileErrorCodes.NotFound);
        Expect(await RunAsync("files", "get", before, "disk1:/etc/hosts", "/big", "--to", _place["back"]), ExitCodes.Done, "2 files");
        Assert.That(await File.ReadAllTextAsync(_place["back/hosts"]), Is.EqualTo("127.0.0.1 localhost\n"));
        Assert.That(await File.ReadAllBytesAsync(_place["back/big"]), Is.EqualTo(Bytes(5 << 20)));
        Expect(await RunAsync("files", "get", before, "/etc/hosts", "--to", _place["back"]), ExitCodes.Failed, ReasonCodesOfFiles.Exists, "--overwrite");
        Expect(await RunAsync("files", "get", before, "/etc/hosts", "/etc/none", "--to", _place["back"], "--overwrite"), ExitCodes.Warnings, GuestFileErrorCodes.NotFound);
    }

    [Test]
    public async Task A_directory_comes_back_as_a_tree_and_as_archives()
    {
        var (before, _) = await TwoNightsAsync();
        var report = Expect(await RunAsync("--json", "files", "get", before, "/", "--to", _place["all"]), ExitCodes.Done);
        Assert.That(report.Json.GetProperty("files").GetInt32(), Is.EqualTo(3));
        Assert.That(report.Json.GetProperty("links").GetInt32(), Is.EqualTo(1));
        await Tool.RunAsync(Tool.Require("diff", "diffutils"), ["-r", "--no-dereference", "--exclude=lost+found", Tree, _place["all/disk1"]]);
        var tar = Expect(await RunAsync("files", "get", before, "/etc", "--tar", "-"), ExitCodes.Done, "2 files");
        await File.WriteAllBytesAsync(_place["etc.tar"], tar.Bytes);
        Assert.That(await Tool.RunAsync("/usr/bin/tar", ["-xOf", _place["etc.tar"], "etc/hosts"]), Is.EqualTo("127.0.0.1 localhost\n"));
        Expect(await RunAsync("files", "get", before, "/etc", "--zip", _place["etc.zip"]), ExitCodes.Done);
        Assert.That(
            await Tool.RunAsync("/usr/bin/python3", ["-c", $"import zipfile; print(zipfile.ZipFile('{_place["etc.zip"]}').read('etc/hosts').decode(), end='')"]),
            Is.EqualTo("127.0.0.1 localhost\n"));
        Expect(await RunAsync("files", "get", before, "/etc", "--zip", _place["etc.zip"]), ExitCodes.Failed, ReasonCodesOfFiles.Exists);
        Expect(await RunAsync("files", "get", before, "/etc"), ExitCodes.Usage, "--to DIR");
        Expect(await RunAsync("files", "get", before, "/etc", "/etc/", "--to", _place["twice"]), ExitCodes.Warnings, ReasonCodesOfFiles.SameName);
    }

    [TestCase("--tar")]
    [TestCase("--zip")]
    public async Task Who_mistypes_a_path_may_try_again_for_no_empty_archive_stays(string kind)
    {
        var (before, _) = await TwoNightsAsync();
        Expect(await RunAsync("files", "get", before, "/etc/host", kind, _place["a"]), ExitCodes.Failed, GuestFileErrorCodes.NotFound, "nothing was restored");
        Assert.That(Directory.GetFiles(_place.Path, "*.part").Append(_place["a"]).Where(File.Exists), Is.Empty);
        Expect(await RunAsync("files", "get", before, "/etc/hosts", kind, _place["a"]), ExitCodes.Done, "1 file");
    }

    [Test]
    public async Task A_restore_that_is_cancelled_says_what_stays()
    {
        File.SetUnixFileMode(Path.Combine(Tree, "etc"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        await using (var large = File.Create(Path.Combine(Tree, "etc/zlarge")))
        {
            await large.WriteAsync(Bytes(4 << 20));
            // So large that its progress is told.
            large.SetLength(65 << 20);
        }

        var (before, _) = await TwoNightsAsync();
        await using var session = new ProxySession(ProxyConfiguration.Load(Bench.ConfigurationFile, new Dictionary<string, string>()), TimeProvider.System, NullLoggerFactory.Instance);
        using var ending = new CancellationTokenSource();
        var request = new FilesGetRequest(before, ["/etc"], FilesTargetKind.Folder, _place["back"], Overwrite: false);
        var failure = Assert.ThrowsAsync<EngineException>(() => new FilesGet(session, new Cancelling(ending)).RunAsync(request, ending.Token)).Failure;
        Assert.That((failure.Code, failure.Message), Is.EqualTo((ReasonCodes.Cancelled, $"The command was cancelled; what was restored whole stays in {_place["back"]}, nothing of the file in hand.")));
        Assert.That(File.GetUnixFileMode(_place["back/etc"]), Is.EqualTo(File.GetUnixFileMode(Path.Combine(Tree, "etc"))));
        Assert.That(File.Exists(_place["back/etc/zlarge"]), Is.False);
    }

    [Test]
    public async Task An_image_is_looked_into_without_any_configuration()
    {
        var image = _place["disk.img"];
        await using (var file = File.Create(image))
        {
            file.SetLength(Size);
        }

        await Tool.RunAsync(Tool.Require("mke2fs", "e2fsprogs"), ["-q", "-F", "-t", "ext4", "-d", Tree, image]);
        Expect(await RunPlainAsync("inspect", "disk", image, "layout"), ExitCodes.Done, "an ext4 file system");
        var listing = Expect(await RunPlainAsync("--json", "inspect", "disk", image, "ls", "-R"), ExitCodes.Done);
        var files = listing.Json.GetProperty("files").EnumerateArray().ToDictionary(file => file.GetProperty("path").GetString()!);
        Assert.That(files.Keys, Is.SupersetOf(new[] { "/etc", "/etc/hosts", "/etc/deep/empty", "/big", "/link" }));
        Assert.That(files["/big"].GetProperty("size").GetInt64(), Is.EqualTo(5 << 20));
        Assert.That(files["/link"].GetProperty("target").GetString(), Is.EqualTo("etc/hosts"));
        Assert.That(files["/etc"].GetProperty("type").GetString(), Is.EqualTo("directory"));
        foreach (var fact in (string[])["modified", "mode", "owner", "group", "links"])
        {
            Assert.That(files["/etc/hosts"].TryGetProperty(fact, out _), fact);
        }

        var stat = await Tool.RunAsync("/usr/bin/env", ["TZ=UTC", "stat", "-c", "%Y %a", Path.Combine(Tree, "etc/hosts")]);
        Assert.That(stat.Trim().Split(' ')[1].PadLeft(4, '0'), Is.EqualTo(files["/etc/hosts"].GetProperty("mode").GetString()));
        Assert.That(files["/etc/hosts"].GetProperty("modified").GetDateTimeOffset().ToUnixTimeSeconds(), Is.EqualTo(long.Parse(stat.Split(' ')[0])));
        Assert.That((await RunPlainAsync("inspect", "disk", image, "cat", "/big")).Bytes, Is.EqualTo(Bytes(5 << 20)));
        Assert.That(Encoding.UTF8.GetString((await RunPlainAsync("inspect", "disk", image, "cat", "/link")).Bytes), Is.EqualTo("127.0.0.1 localhost\n"), "links are followed");
        Expect(await RunPlainAsync("inspect", "disk", image, "cat", "disk:/etc"), ExitCodes.Failed, GuestFileErrorCodes.NotAFile, "disk:/etc is a directory", "Next:");
        Expect(await RunPlainAsync("inspect", "disk", image, "cat", "disk:/"), ExitCodes.Failed, GuestFileErrorCodes.NotAFile, "disk:/: ", "disk:/ is a directory");
        Expect(await RunPlainAsync("inspect", "disk", image, "ls", "disk"), ExitCodes.Done, "/etc", "/big");
        Expect(await RunPlainAsync("inspect", "disk", image, "ls", "/../etc/./"), ExitCodes.Done, " /etc/hosts");
        var missing = Expect(await RunPlainAsync("--json", "inspect", "disk", image, "ls", "p9:/"), ExitCodes.Failed, "There is no volume p9. There are: disk.");
        Assert.That(missing.Json.GetProperty("error").GetProperty("next").GetString(), Does.Contain("ls"));
        Expect(await RunPlainAsync("inspect", "disk", _place["none"], "layout"), ExitCodes.Failed, ReasonCodesOfFiles.NoImage);
    }

    [TestCase("qcow2")]
    [TestCase("vhdx")]
    [TestCase("vpc")]
    public async Task An_image_of_another_kind_is_refused_and_not_taken_for_an_empty_disk(string format)
    {
        await Tool.RunAsync(Tool.Require("qemu-img", "qemu-utils"), ["create", "-q", "-f", format, _place["image"], "64M"]);
        Expect(await RunPlainAsync("inspect", "disk", _place["image"], "layout"), ExitCodes.Failed, ReasonCodesOfFiles.NoImage, "qemu-img convert");
    }

    [TestCase("streamOptimized")]
    [TestCase("twoGbMaxExtentSparse")]
    public async Task A_sparse_vmdk_is_looked_into_like_a_raw_image(string subformat)
    {
        var vmdk = _place["disk.vmdk"];
        var raw = _place["disk.img"];
        await using (var file = File.Create(raw))
        {
            file.SetLength(Size);
        }

        await Tool.RunAsync(Tool.Require("mke2fs", "e2fsprogs"), ["-q", "-F", "-t", "ext4", "-d", Tree, raw]);
        await Tool.RunAsync(Tool.Require("qemu-img", "qemu-utils"), ["convert", "-f", "raw", "-O", "vmdk", "-o", $"subformat={subformat}", raw, vmdk]);
        File.Delete(raw);
        Expect(await RunPlainAsync("inspect", "disk", vmdk, "layout"), ExitCodes.Done, "an ext4 file system");
        Expect(await RunPlainAsync("inspect", "disk", vmdk, "ls", "-R"), ExitCodes.Done, "/etc/hosts", "/etc/deep/empty");
        Assert.That((await RunPlainAsync("inspect", "disk", vmdk, "cat", "/big")).Bytes, Is.EqualTo(Bytes(5 << 20)));
    }

    [TestCase("4B444D560300000001000300", BlockErrorCodes.ExtentInvalid)]
    [TestCase("434F574401000000", BlockErrorCodes.DescriptorInvalid)]
    [TestCase("BEBAFECA0000000001000000", BlockErrorCodes.DescriptorInvalid)]
    public async Task An_extent_without_its_disk_is_not_taken_for_a_raw_image(string head, string code)
    {
        await File.WriteAllBytesAsync(_place["disk-x.vmdk"], [.. Convert.FromHexString(head), .. new byte[1 << 20]]);
        Expect(await RunPlainAsync("inspect", "disk", _place["disk-x.vmdk"], "layout"), ExitCodes.Failed, code);
    }

    [Test]
    public async Task An_image_of_several_volumes_lists_them_unless_one_is_named()
    {
        var image = _place["two.img"];
        await Tool.RunAsync("/bin/sh", ["-ec", $"""
            PATH=$PATH:/sbin:/usr/sbin
            truncate -s 12M {image}
            printf 'label: dos\n2048,8192,L\n10240,8192,L\n' | sfdisk -q {image}
            mke2fs -q -F -t ext4 -d {Tree}/etc -E offset=1048576 {image} 4M
            mke2fs -q -F -t ext4 -d {Tree}/etc -E offset=5242880 {image} 4M
            """]);
        Expect(await RunPlainAsync("inspect", "disk", image, "ls"), ExitCodes.Done, "p1", "p2", "an ext4 file system");
        Expect(await RunPlainAsync("inspect", "disk", image, "ls", "p2"), ExitCodes.Done, "/hosts");
        Expect(await RunPlainAsync("inspect", "disk", image, "cat", "/hosts"), ExitCodes.Failed, GuestFileErrorCodes.Ambiguous, "p1, p2", "Next: Write the volume before the path");
    }

    [Test]
    public async Task Help_tells_what_a_path_is()
    {
        Expect(await RunPlainAsync("files", "ls", "--help"), ExitCodes.Done, "no wildcards", "Example: vmproxy files ls POINT disk1p2:/etc");
        Expect(await RunPlainAsync("inspect", "disk", "image", "cat", "--help"), ExitCodes.Done, "no wildcards", "Example:");
    }

    [Test]
    public async Task Names_that_are_no_text_are_told_without_loss()
    {
        var image = _place["odd.img"];
        await Tool.RunAsync("/bin/sh", ["-c", $"printf x > \"{Tree}/$(printf 'od\\377d')\" && truncate -s {Size} {image} && PATH=$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext4 -d {Tree} {image} && rm -r {Tree}"]);
        var listing = await RunPlainAsync("--json", "inspect", "disk", image, "ls");
        await File.WriteAllBytesAsync(_place["listing.json"], listing.Bytes);
        var names = await Tool.RunAsync("/usr/bin/python3", ["-c", $"""
            import json, os
            print([os.fsencode(f['path']) for f in json.load(open('{_place["listing.json"]}'))['files'] if 'od' in f['path']])
            """]);
        Assert.That(names.Trim(), Is.EqualTo(@"[b'/od\xffd']"));
        Expect(await RunPlainAsync("inspect", "disk", image, "ls"), ExitCodes.Done, @"/od\xffd");
    }

    /// <summary>Two points of a VM; between them somebody deleted /etc/hosts.</summary>
    async Task<(string Before, string After)> TwoNightsAsync()
    {
        await StartAsync(options => options.VirtualMachines.Add(new LabVmOptions
        {
            Name = "web01", ChangeTracking = true, Disks = [new LabDiskOptions { Size = Size, Tree = Tree }],
        }));
        Expect(await RunAsync("backup"), ExitCodes.Done);
        await Bench.Lab.Control.Guest.ChangeFilesAsync("web01", 0, "rm etc/hosts\n");
        Expect(await RunAsync("backup"), ExitCodes.Done);
        var points = (await RunAsync("--json", "points")).Json.GetProperty("points").EnumerateArray().Select(point => point.GetProperty("id").GetString()!).ToList();
        return (points[0], points[1]);
    }

    /// <summary>Presses Ctrl-C as soon as something is told.</summary>
    sealed class Cancelling(CancellationTokenSource source) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => source.Cancel();
    }

    static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
