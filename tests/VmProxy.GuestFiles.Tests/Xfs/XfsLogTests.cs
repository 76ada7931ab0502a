using VmProxy.Blocks;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Xfs;

/// <summary>A log that was left behind: the files read as they do after the kernel has replayed it in another copy.</summary>
sealed class XfsLogTests
{
    [TestCase("", "workload 1 300 log")]
    [TestCase("", "workload 2 1500 log")]
    [TestCase("", "workload 3 1500 nolog")]
    [TestCase("-b size=1024 -n size=4096 -m rmapbt=1", "workload 4 700 log")]
    [TestCase("-n size=65536 -i size=1024", "workload 5 700 log")]
    [TestCase("-b size=16384 -s size=4096", "workload 6 800 log")]
    [TestCase("-i nrext64=1 -l su=65536", "workload 7 1000 nolog")]
    [TestCase("-m bigtime=0,finobt=0,reflink=0", "workload 8 600 log")]
    [TestCase("-l size=6m", "workload 9 2500 nolog")]
    public async Task A_crash_reads_as_after_recovery(string options, string workload)
    {
        using var image = await XfsImage.MakeAsync("320M", options);
        await image.FillAsync(workload);
        await ExpectReplayedAsync(image);
    }

    [Test]
    public async Task A_crash_in_the_midst_of_work_reads_as_after_recovery()
    {
        using var image = await XfsImage.MakeAsync("320M", "-l size=8m");
        await using (var mounted = await Mounted.ByKernelAsync(image.Path))
        {
            var (first, second) = (Directory.CreateDirectory(Path.Combine(mounted.Folder, "first")), Directory.CreateDirectory(Path.Combine(mounted.Folder, "second")));
            var busy = XfsImage.RunTreeAsync(first.FullName, "workload 10 100000 stay");
            await XfsImage.RunTreeAsync(second.FullName, "workload 11 800 nolog");
            // The other fails as soon as the file system is down.
            Assert.That(async () => await busy, Throws.InvalidOperationException);
        }

        await ExpectReplayedAsync(image);
    }

    [Test]
    public async Task A_frozen_file_system_reads_as_after_recovery()
    {
        using var image = await XfsImage.MakeAsync("320M");
        using var folder = new TempFolder();
        await using (var mounted = await Mounted.ByKernelAsync(image.Path))
        {
            await XfsImage.RunTreeAsync(mounted.Folder, "workload 12 600 stay");
            var freeze = Tool.Require("xfs_freeze", "xfsprogs");
            await Tool.RunAsync(freeze, ["-f", mounted.Folder]);
            await Tool.RunAsync(Tool.Require("cp", "coreutils"), ["--sparse=always", image.Path, folder["frozen"]]);
            await Tool.RunAsync(freeze, ["-u", mounted.Folder]);
        }

        File.Move(folder["frozen"], image.Path, overwrite: true);
        await using var opened = await image.OpenAsync();
        XfsImage.ExpectSame(await ReaderFacts.OfAsync(opened.FileSystem), await image.JudgeRecoveredAsync());
    }

    [Test]
    public async Task Of_a_log_whose_last_record_is_torn_the_rest_is_replayed()
    {
        using var image = await XfsImage.MakeAsync("320M");
        await image.FillAsync("workload 13 600 log");
        await using (var device = await FileBlockDevice.OpenAsync(image.Path))
        {
            var (log, ends) = await EndsAsync(device);
            await image.PatchAsync(log.Superblock.ByteOf(log.Superblock.LogStart) + ((ends.Head - 1) * 512L) + 100, new byte[] { 1, 2, 3 });
            Assert.That((await EndsAsync(device)).Ends.Head, Is.LessThan(ends.Head));
        }

        await ExpectReplayedAsync(image);
    }

    [Test]
    public async Task A_log_that_is_damaged_in_the_midst_is_not_replayed_and_that_is_told()
    {
        using var image = await XfsImage.MakeAsync("320M");
        await image.FillAsync("workload 14 2500 nolog");
        await using (var device = await FileBlockDevice.OpenAsync(image.Path))
        {
            var (log, ends) = await EndsAsync(device);
            Assert.That((ends.Head - ends.Tail + log.Sectors) % log.Sectors, Is.GreaterThan(1000));
            await image.PatchAsync(log.Superblock.ByteOf(log.Superblock.LogStart) + ((ends.Tail + 5) % log.Sectors * 512L) + 100, new byte[] { 1, 2, 3 });
        }

        await using var opened = await image.OpenAsync();
        var finding = opened.FileSystem.Findings.Single();
        Assert.That(finding.Code, Is.EqualTo(GuestFileErrorCodes.LogNotReplayed));
        Assert.That(finding.Message, Does.Contain("checksum"));
        var problems = new GuestProblems();
        await foreach (var _ in opened.FileSystem.WalkAsync(opened.FileSystem.Root, problems, CancellationToken.None))
        {
        }
    }

    [Test]
    public async Task A_log_on_another_device_is_told()
    {
        using var folder = new TempFolder();
        await File.WriteAllBytesAsync(folder["log"], new byte[64 * 1024 * 1024]);
        using var image = await XfsImage.MakeAsync("64M", $"-l logdev={folder["log"]},size=32m");
        await using var opened = await image.OpenAsync();
        Assert.That(opened.FileSystem.Findings.Single().Code, Is.EqualTo(GuestFileErrorCodes.LogNotReplayed));
    }

    static async Task ExpectReplayedAsync(XfsImage image)
    {
        await using var opened = await image.OpenAsync();
        Assert.That(opened.FileSystem.Findings.Select(finding => finding.Code), Is.EqualTo(new[] { GuestFileErrorCodes.LogReplayed }));
        XfsImage.ExpectSame(await ReaderFacts.OfAsync(opened.FileSystem), await image.JudgeRecoveredAsync());
    }

    static async Task<(XfsLogArea Log, XfsLogEnds Ends)> EndsAsync(IBlockDevice device)
    {
        var (superblock, _) = await XfsSuperblockFinder.FindAsync(device, CancellationToken.None);
        var log = new XfsLogArea(device, superblock);
        return (log, await XfsLogEnds.FindAsync(log, CancellationToken.None));
    }
}
