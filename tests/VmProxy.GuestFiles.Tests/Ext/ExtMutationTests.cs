using System.Globalization;
using System.Text.RegularExpressions;
using VmProxy.Blocks;
using VmProxy.GuestFiles.Tests.Mutating;

namespace VmProxy.GuestFiles.Tests.Ext;

[NonParallelizable]
sealed partial class ExtMutationTests
{
    const int BlockSize = 1024;

    [Test]
    public async Task No_damage_to_the_file_system_does_more_than_what_is_documented()
    {
        // Without checksums, so that what is damaged reaches the parsers.
        using var image = await ExtImage.MakeAsync("-t ext4 -b 1024 -O ^metadata_csum,^has_journal,inline_data,ea_inode -N 128", "6M");
        await image.RunAsync("small_tree.py", []);
        var ranges = new List<(int, int)> { (1024, 1024), (2048, 1024) };
        foreach (var path in new[] { "/", "/many", "/fragments", "/attributes" })
        {
            var located = Located().Match(await image.DebugAsync($"imap {path}"));
            ranges.Add((int.Parse(located.Groups[1].Value, CultureInfo.InvariantCulture) * BlockSize, BlockSize));
            ranges.AddRange(Numbers().Matches(await image.DebugAsync($"blocks {path}")).Select(match => (int.Parse(match.Value, CultureInfo.InvariantCulture) * BlockSize, BlockSize)));
        }

        ranges.Add((int.Parse(ExtentBlock().Match(await image.DebugAsync("stat /fragments")).Groups[1].Value, CultureInfo.InvariantCulture) * BlockSize, BlockSize));
        await Mutation.RunAsync(await File.ReadAllBytesAsync(image.Path), ranges, ExerciseAsync);
    }

    [Test]
    public async Task No_damage_to_the_log_does_more_than_what_is_documented()
    {
        using var image = await ExtImage.MakeAsync("-t ext4 -b 1024 -O ^metadata_csum,fast_commit -N 2048 -J size=1,fast_commit_size=256", "8M");
        await ExtJournalTests.CopyBusyAsync(image, "loop", 5, 25);
        var ranges = new List<(int, int)> { (1024, 1024) };
        var journal = Numbers().Matches(await image.DebugAsync("blocks <8>")).Select(match => int.Parse(match.Value, CultureInfo.InvariantCulture)).ToList();
        var bytes = await File.ReadAllBytesAsync(image.Path);
        ranges.AddRange(journal.Select(block => (block * BlockSize, BlockSize)).Where(range => IsJournal(bytes, range.Item1)));
        Assert.That(ranges, Has.Count.GreaterThan(3));
        await Mutation.RunAsync(bytes, ranges, ExerciseAsync);
    }

    static Task ExerciseAsync(IBlockDevice device, CancellationToken cancellationToken) =>
        Exercise.FileSystemAsync(device, (volume, token) => ExtFileSystem.OpenAsync(volume, "sda1", token), cancellationToken);

    static bool IsJournal(byte[] bytes, int offset) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset)) == JournalSuperblock.Magic;

    [GeneratedRegex(@"block (\d+), offset 0x([0-9a-f]+)")]
    private static partial Regex Located();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"\(ETB0\):(\d+)")]
    private static partial Regex ExtentBlock();
}
