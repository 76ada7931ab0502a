using System.Globalization;
using System.Text.RegularExpressions;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>A second judge that shares no code with ntfs-3g.</summary>
sealed partial class NtfsSleuthkitTests
{
    [Test]
    public async Task Files_sizes_times_and_contents_are_as_sleuthkit_sees_them()
    {
        using var image = await NtfsImage.CreateAsync(NtfsScripts.Everything + "\n" + NtfsScripts.Compressed, length: 96 << 20);
        await using var opened = await image.OpenAsync();
        var ours = (await ReaderFacts.OfAsync(opened.FileSystem)).Where(facts => facts.Kind == GuestEntryKind.File).ToDictionary(facts => facts.Path);
        var lines = await Tool.RunAsync(Tool.Require("fls", "sleuthkit"), ["-r", "-p", "-l", "-u", "-F", "-z", "UTC", image.Path]);
        var theirs = lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => FlsLine().Match(line)).Where(match => match.Success)
            .Where(match => int.Parse(match.Groups["inode"].ValueSpan, CultureInfo.InvariantCulture) >= 64 && !match.Groups["path"].Value.Contains(':')).ToList();
        Assert.That(theirs.Select(match => match.Groups["path"].Value).Where(path => !path.StartsWith("special/", StringComparison.Ordinal) && !IsLink(path)), Is.EquivalentTo(ours.Keys));
        foreach (var match in theirs.Where(match => ours.ContainsKey(match.Groups["path"].Value)))
        {
            var facts = ours[match.Groups["path"].Value];
            Assert.That(match.Groups["inode"].Value, Is.EqualTo($"{facts.Id}"), facts.Path);
            Assert.That(match.Groups["size"].Value, Is.EqualTo($"{facts.Size}"), facts.Path);
            Assert.That(match.Groups["modified"].Value, Is.EqualTo($"{facts.Modified!.Value.ToDateTimeOffset():yyyy-MM-dd HH:mm:ss}"), facts.Path);
        }

        foreach (var path in new[] { "large", "fragmented/one", "sparse", "grown", "compressed/mixed", "compressed/holes", "compressed/fragmented", "resident" })
        {
            var copy = image.Path + ".copy";
            await Tool.RunAsync("/bin/sh", ["-c", "icat \"$1\" \"$2\" > \"$3\"", "sh", image.Path, $"{ours[path].Id}", copy]);
            Assert.That(await File.ReadAllBytesAsync(copy), Is.EqualTo(await opened.ReadAsync(path)), path);
        }
    }

    static bool IsLink(string path) => path is "links/relative" or "links/absolute";

    [GeneratedRegex(@"^r/r (?<inode>\d+)-\d+-\d+:\t(?<path>[^\t]+)\t(?<modified>[\d-]+ [\d:]+) \(UTC\)\t[^\t]+\t[^\t]+\t[^\t]+\t(?<size>\d+)\t")]
    private static partial Regex FlsLine();
}
