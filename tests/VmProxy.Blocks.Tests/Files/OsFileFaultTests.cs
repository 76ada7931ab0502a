using VmProxy.Blocks.Files;
using VmProxy.Testing;

namespace VmProxy.Blocks.Tests.Files;

[Parallelizable]
sealed class OsFileFaultTests
{
    [Test]
    public async Task A_missing_file_is_named()
    {
        using var folder = new TempFolder();
        await ExpectAsync(BlockErrorCodes.NotFound, folder["no.vmdk"], () => FileBlockDevice.OpenAsync(folder["no.vmdk"]));
    }

    [Test]
    public async Task A_folder_is_not_a_disk()
    {
        using var folder = new TempFolder();
        await ExpectAsync(BlockErrorCodes.NotADisk, folder.Path, () => FileBlockDevice.OpenAsync(folder.Path));
    }

    [Test]
    public async Task Creating_over_an_existing_file_is_refused_unless_asked_for()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["disk"], "precious");
        await ExpectAsync(BlockErrorCodes.Exists, folder["disk"], () => WritableFileBlockDevice.CreateAsync(folder["disk"], 512));
        Assert.That(await File.ReadAllTextAsync(folder["disk"]), Is.EqualTo("precious"));
        await using var disk = await WritableFileBlockDevice.CreateAsync(folder["disk"], 512, overwrite: true);
        Assert.That(disk.Length, Is.EqualTo(512));
    }

    [Test]
    public async Task Creating_in_a_missing_folder_is_named()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "no", "disk");
        await ExpectAsync(BlockErrorCodes.NotFound, path, () => WritableFileBlockDevice.CreateAsync(path, 512));
    }

    [TestCase(FileCaching.Buffered)]
    [TestCase(FileCaching.Direct)]
    public async Task A_file_that_is_cut_off_while_it_is_open_fails_the_read(FileCaching caching)
    {
        using var folder = new TempFolder();
        await File.WriteAllBytesAsync(folder["disk"], new byte[100_000]);
        await using var disk = await FileBlockDevice.OpenAsync(folder["disk"], caching);
        await using (var file = File.OpenWrite(folder["disk"]))
        {
            file.SetLength(50_000);
        }

        await disk.ReadAsync(0, new byte[50_000], CancellationToken.None);
        await ExpectAsync(
            BlockErrorCodes.ReadFailed, folder["disk"], async () => await disk.ReadAsync(40_000, new byte[20_000], CancellationToken.None));
        var runs = new List<BlockRun>();
        await foreach (var run in disk.RunsAsync(40_000, 60_000, CancellationToken.None))
        {
            runs.Add(run);
        }

        Assert.That(runs.Where(run => run.End > 50_000).Select(run => run.Kind), Has.All.EqualTo(BlockRunKind.Data), "what is gone is not zero");
    }

    [Test]
    [Platform("Linux")]
    public void An_input_output_error_fails_the_read()
    {
        // The memory of this process at address 0 is not mapped: the kernel answers EIO.
        using var file = new OsFile("/proc/self/mem", File.OpenHandle("/proc/self/mem"), 1 << 20, 512, isBlockDevice: true, direct: false);
        Assert.That(
            () => file.Read(0, new byte[512], new IoScratch()),
            Throws.InstanceOf<BlockDeviceException>().With.Property("Code").EqualTo(BlockErrorCodes.ReadFailed)
                .And.Message.Contains("512 bytes at 0 of '/proc/self/mem'"));
    }

    [Test]
    [Platform("Linux")]
    public void A_full_file_system_is_told_from_a_broken_one()
    {
        using var full = new OsFile(
            "/dev/full", File.OpenHandle("/dev/full", access: FileAccess.Write), 1 << 20, 512, isBlockDevice: false, direct: false);
        Assert.That(
            () => full.Write(0, new byte[512], new IoScratch()),
            Throws.InstanceOf<BlockDeviceException>().With.Property("Code").EqualTo(BlockErrorCodes.NoSpace));
    }

    [Test]
    [Platform("Linux")]
    public void An_input_output_error_fails_the_write()
    {
        using var file = new OsFile(
            "/proc/self/mem", File.OpenHandle("/proc/self/mem", access: FileAccess.Write), 1 << 20, 512, isBlockDevice: true, direct: false);
        Assert.That(
            () => file.Write(0, new byte[512], new IoScratch()),
            Throws.InstanceOf<BlockDeviceException>().With.Property("Code").EqualTo(BlockErrorCodes.WriteFailed));
    }

    [Test]
    [Platform("Linux")]
    public async Task A_source_is_opened_without_the_right_to_write()
    {
        using var folder = new TempFolder();
        await File.WriteAllBytesAsync(folder["disk"], new byte[4096]);
        await using var disk = await FileBlockDevice.OpenAsync(folder["disk"], FileCaching.Direct);
        var modes = Directory.GetFiles("/proc/self/fd")
            .Where(link => new FileInfo(link).LinkTarget == folder["disk"])
            .Select(link => File.ReadAllLines(link.Replace("/fd/", "/fdinfo/", StringComparison.Ordinal)).First(line => line.StartsWith("flags:")))
            .ToList();
        Assert.That(modes, Is.Not.Empty);
        Assert.That(modes, Has.All.EndsWith("0"), "the access mode is O_RDONLY");
    }

    static async Task ExpectAsync(string code, string device, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (BlockDeviceException exception)
        {
            Assert.That((exception.Code, exception.Device), Is.EqualTo((code, device)));
            Assert.That(exception.Message, Does.Contain(device));
            return;
        }

        Assert.Fail($"{code} was expected.");
    }
}
