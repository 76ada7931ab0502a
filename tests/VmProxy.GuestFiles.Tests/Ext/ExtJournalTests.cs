using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ext;

/// <summary>
/// Images that were copied while the kernel was writing to them, as a snapshot takes them. The kernel recovers one copy, we read another copy of the same bytes, and both must
/// see the same files.
/// </summary>
sealed partial class ExtJournalTests
{
    [TestCase("-t ext4 -b 4096", "loop", 1)]
    [TestCase("-t ext4 -b 4096", "loop", 2)]
    [TestCase("-t ext4 -b 1024", "loop", 3)]
    [TestCase("-t ext4 -b 1024 -O ^metadata_csum,^64bit", "loop", 4)]
    [TestCase("-t ext4 -b 4096 -O ^metadata_csum", "loop,journal_checksum", 5)]
    [TestCase("-t ext4 -b 4096 -O orphan_file,inline_data", "loop", 6)]
    [TestCase("-t ext3 -b 1024", "loop", 7)]
    [TestCase("-t ext4 -b 4096", "loop,data=journal", 8)]
    [TestCase("-t ext3 -b 1024", "loop,data=journal", 9)]
    public async Task A_log_in_use_is_replayed_as_the_kernel_does(string arguments, string options, int seed)
    {
        using var image = await ExtImage.MakeAsync($"{arguments} -J size=8");
        await CopyBusyAsync(image, options, seed, 200);
        var before = await HashAsync(image.Path);
        await using (var opened = await image.OpenAsync())
        {
            var ours = await ReaderFacts.OfAsync(opened.FileSystem);
            Assert.That(await HashAsync(image.Path), Is.EqualTo(before), "the image must not be written");
            Judgement.ExpectSame(ours, await RecoveredFactsAsync(image), ExtImage.WithoutOtherSizes);
            Assert.That(opened.FileSystem.Findings.Select(finding => finding.Code), Is.EqualTo(new[] { GuestFileErrorCodes.LogReplayed }));
            Assert.That(Number(Transactions(), opened.FileSystem), Is.Positive);
        }
    }

    [Test]
    public async Task Blocks_that_were_freed_and_used_again_are_not_overwritten_by_their_old_content()
    {
        var revoked = 0;
        for (var seed = 20; seed < 23; seed++)
        {
            using var image = await ExtImage.MakeAsync("-t ext4 -b 1024 -J size=8 -O ^metadata_csum");
            await CopyBusyAsync(image, "loop", seed, 300);
            await using var opened = await image.OpenAsync();
            var ours = await ReaderFacts.OfAsync(opened.FileSystem);
            Judgement.ExpectSame(ours, await RecoveredFactsAsync(image), ExtImage.WithoutOtherSizes);
            revoked += Number(Revoked(), opened.FileSystem);
        }

        Assert.That(revoked, Is.Positive, "the log had nothing to revoke: the test shows nothing");
    }

    [Test]
    public async Task Fast_commits_are_taken()
    {
        using var image = await ExtImage.MakeAsync("-t ext4 -b 4096 -O fast_commit -J size=8,fast_commit_size=1024");
        await using (var mounted = await Mounted.ByKernelAsync(image.Path))
        {
            await ExtImage.RunIn(mounted, "fast_commits.py", []);
            File.Copy(image.Path, image["copy"]);
        }

        File.Move(image["copy"], image.Path, overwrite: true);
        await using var opened = await image.OpenAsync();
        var ours = await ReaderFacts.OfAsync(opened.FileSystem);
        Assert.That(opened.FileSystem.Findings.Select(finding => finding.Code), Is.EqualTo(new[] { GuestFileErrorCodes.LogReplayed }));
        Assert.That(Number(Changes(), opened.FileSystem), Is.Positive);
        // The kernel gives directories, and files whose names it changes, the time of the recovery.
        Judgement.ExpectSame(ours, await RecoveredFactsAsync(image), facts => ExtImage.WithoutOtherSizes(facts) with
        {
            Changed = null,
            Modified = facts.Kind == GuestEntryKind.Directory ? null : facts.Modified,
        });
    }

    [Test]
    public async Task A_log_on_another_device_is_told()
    {
        using var image = await ExtImage.MakeAsync("-t ext4 -b 4096 -O ^has_journal");
        // As if it had a journal elsewhere: its superblock says so, and that it was in use.
        await image.DebugAsync("feature has_journal needs_recovery");
        await using var opened = await image.OpenAsync();
        Assert.That(opened.FileSystem.Findings.Select(finding => finding.Code), Is.EqualTo(new[] { GuestFileErrorCodes.LogNotReplayed }));
    }

    [Test]
    public async Task A_damaged_block_in_the_log_is_told_and_the_rest_replayed()
    {
        using var image = await ExtImage.MakeAsync("-t ext4 -b 4096 -J size=8");
        await CopyBusyAsync(image, "loop", 11, 100);
        var first = await FirstLogBlockAsync(image);
        await FlipAsync(image.Path, (first + 1) * 4096 + 100);
        await using var opened = await image.OpenAsync();
        Assert.That(
            opened.FileSystem.Findings.Select(finding => finding.Code),
            Is.EquivalentTo(new[] { GuestFileErrorCodes.LogReplayed, GuestFileErrorCodes.LogNotReplayed }));
        Assert.That(opened.FileSystem.Findings[^1].Message, Does.Contain("does not match its checksum"));
    }

    [Test]
    public async Task A_damaged_journal_superblock_is_told_and_the_files_are_given_as_they_lie()
    {
        using var image = await ExtImage.MakeAsync("-t ext4 -b 4096 -J size=8");
        await CopyBusyAsync(image, "loop", 12, 100);
        var start = await JournalBlockAsync(image, 0);
        await FlipAsync(image.Path, (start * 4096) + 0x60);
        await using var opened = await image.OpenAsync();
        Assert.That(opened.FileSystem.Findings.Select(finding => finding.Code), Is.EqualTo(new[] { GuestFileErrorCodes.LogNotReplayed }));
        Assert.That(opened.FileSystem.Findings[0].Message, Does.Contain("ournal superblock"));
    }

    /// <summary>Replaces the image by a copy that was made while it was mounted and its log in use.</summary>
    public static async Task CopyBusyAsync(ExtImage image, string options, int seed, int rounds)
    {
        await using (var mounted = await Mounted.ByKernelAsync(image.Path, options))
        {
            await ExtImage.RunIn(mounted, "busy.py", [seed.ToString(CultureInfo.InvariantCulture), rounds.ToString(CultureInfo.InvariantCulture)]);
            // The loop device writes through the image's page cache, so a copy of the image is what the disk holds.
            File.Copy(image.Path, image["copy"]);
        }

        File.Move(image["copy"], image.Path, overwrite: true);
        var header = await Tool.RunAsync(Tool.Require("dumpe2fs", "e2fsprogs"), ["-h", image.Path]);
        Assert.That(header, Does.Contain("needs_recovery"));
        Assert.That(JournalStart().Match(header).Groups[1].Value, Is.Not.Empty.And.Not.EqualTo("0"), header);
    }

    static async Task<string> HashAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexString(await SHA256.HashDataAsync(file));
    }

    /// <summary>The place of a block of the journal, as a block of the image.</summary>
    static async Task<long> JournalBlockAsync(ExtImage image, long block) =>
        long.Parse((await Tool.RunAsync(Tool.Require("debugfs", "e2fsprogs"), ["-R", $"bmap <8> {block}", image.Path])).Trim(), CultureInfo.InvariantCulture);

    static async Task<long> FirstLogBlockAsync(ExtImage image)
    {
        var header = await Tool.RunAsync(Tool.Require("dumpe2fs", "e2fsprogs"), ["-h", image.Path]);
        return await JournalBlockAsync(image, long.Parse(JournalStart().Match(header).Groups[1].Value, CultureInfo.InvariantCulture));
    }

    static async Task FlipAsync(string path, long offset)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        var value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }

    /// <summary>What the kernel sees after it recovered a copy.</summary>
    static async Task<IReadOnlyList<FileFacts>> RecoveredFactsAsync(ExtImage image)
    {
        File.Copy(image.Path, image["recovered"]);
        try
        {
            await using (await Mounted.ByKernelAsync(image["recovered"], "loop,noatime"))
            {
                // Mounting recovers.
            }

            await using var mounted = await Mounted.ByKernelAsync(image["recovered"], "loop,ro");
            return await KernelFacts.OfAsync(mounted.Folder);
        }
        finally
        {
            File.Delete(image["recovered"]);
        }
    }

    static int Number(Regex pattern, IGuestFileSystem fileSystem) =>
        int.Parse(pattern.Match(fileSystem.Findings[0].Message).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Journal start:\s+(\d+)")]
    private static partial Regex JournalStart();

    [GeneratedRegex(@"(\d+) transactions")]
    private static partial Regex Transactions();

    [GeneratedRegex(@"\((\d+) revoked\)")]
    private static partial Regex Revoked();

    [GeneratedRegex(@"(\d+) changes of fast commits")]
    private static partial Regex Changes();
}
