using System.Globalization;
using System.Text.RegularExpressions;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ext;

/// <summary>One structure is damaged: the error names it, and everything else is given.</summary>
sealed partial class ExtDamageTests
{
    const int BlockSize = 1024;
    readonly List<ExtImage> _images = [];
    IReadOnlyList<FileFacts> _facts = [];

    ExtImage Sound => _images[0];

    ExtImage WithoutChecksums => _images[1];

    [OneTimeSetUp]
    public async Task MakeAsync()
    {
        foreach (var arguments in new[] { "-t ext4 -b 1024 -N 4096", "-t ext4 -b 1024 -N 4096 -O ^metadata_csum" })
        {
            var image = await ExtImage.MakeAsync(arguments);
            _images.Add(image);
            await image.RunAsync("make_tree.py", []);
        }

        _facts = await Sound.KernelFactsAsync();
    }

    [OneTimeTearDown]
    public void Remove() => _images.ForEach(image => image.Dispose());

    [TestCase(0x38, "signature")]
    [TestCase(0x18, "block size")]
    [TestCase(0x60, "checksum")]
    public async Task A_damaged_superblock_is_read_from_its_copy(int offset, string reason)
    {
        await using var opened = await DamagedAsync(Sound, 1024 + offset, 0x40);
        Assert.That(opened.Findings.Select(finding => finding.Code), Is.EqualTo(new[] { GuestFileErrorCodes.CopyUsed }));
        Assert.That(opened.Findings[0].Message, Does.Contain(reason));
        Judgement.ExpectSame(await ReaderFacts.OfAsync(opened), _facts, ExtImage.WithoutOtherSizes);
    }

    [Test]
    public async Task A_damaged_group_descriptor_is_read_from_its_copy()
    {
        await using var opened = await DamagedAsync(Sound, (2 * BlockSize) + 0x8, 0x40);
        Assert.That(opened.Findings.Select(finding => finding.Code), Is.EqualTo(new[] { GuestFileErrorCodes.CopyUsed }));
        Assert.That(opened.Findings[0].Message, Does.Contain("group descriptor 0"));
        Judgement.ExpectSame(await ReaderFacts.OfAsync(opened), _facts, ExtImage.WithoutOtherSizes);
    }

    [Test]
    [NonParallelizable]
    public async Task Thousands_of_damaged_group_descriptors_read_each_copy_once()
    {
        const int Groups = 4096;
        const int GroupBlocks = 256;
        const int DescriptorBytes = Groups * 32;
        using var image = await ExtImage.MakeAsync("-t ext4 -b 1024 -g 256 -O ^resize_inode,^has_journal,^64bit -N 8192", "1G");
        await using (var file = new FileStream(image.Path, FileMode.Open))
        {
            foreach (var group in new[] { 0, 1, 3, 5, 7, 9, 25, 27 })
            {
                file.Position = ((group * GroupBlocks) + 2) * BlockSize;
                await file.WriteAsync(new byte[DescriptorBytes]);
            }
        }

        var before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.That(
            async () =>
            {
                await using var opened = await image.OpenAsync();
                await opened.FileSystem.ListAsync(opened.FileSystem.Root, new GuestProblems(), CancellationToken.None).ToListAsync();
            },
            Throws.TypeOf<GuestFileException>().With.Message.Contains("roup descriptor 0"));
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(10L << 20), "what the descriptors take five times is 1 MiB; each by itself would be 16 MiB");
    }

    [Test]
    public async Task A_damaged_inode_hides_only_itself()
    {
        var match = Located().Match(await Sound.DebugAsync("imap /sparse"));
        var place = (long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * BlockSize) + long.Parse(match.Groups[2].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        await using var opened = await DamagedAsync(Sound, place + 0x4, 1);
        var entry = await opened.FindAsync(opened.Root, "sparse", CancellationToken.None);
        Assert.That(entry!.Kind, Is.EqualTo(GuestEntryKind.Unknown));
        Assert.That(entry.Problem!.Message, Does.Contain("checksum").And.Contain($"node {entry.Id}"));
        Assert.That(async () => await opened.OpenAsync(entry, CancellationToken.None), Throws.TypeOf<GuestFileException>());
        var walked = await opened.WalkAsync(opened.Root, new GuestProblems(), CancellationToken.None).ToListAsync();
        Assert.That(walked.Select(found => found.Path), Is.EquivalentTo(_facts.Where(facts => facts.Path.Length > 0).Select(facts => facts.Path)));
        Assert.That(walked.Where(found => found.Entry.Problem is not null).Select(found => found.Path), Is.EqualTo(new[] { "sparse" }));
    }

    [Test]
    public async Task A_damaged_extent_block_is_named()
    {
        var block = long.Parse(ExtentBlock().Match(await Sound.DebugAsync("stat /fragments")).Groups[1].Value, CultureInfo.InvariantCulture);
        await using var opened = await DamagedAsync(Sound, (block * BlockSize) + 20, 1);
        var entry = await opened.FindAsync(opened.Root, "fragments", CancellationToken.None);
        await using var content = await opened.OpenAsync(entry!, CancellationToken.None);
        Assert.That(
            async () => await ReaderFacts.HashAsync(content), Throws.TypeOf<GuestFileException>().With.Message.Contains($"extent block, {block}, that does not match its checksum"));
    }

    [Test]
    public async Task A_damaged_directory_block_hides_only_its_names()
    {
        var blocks = (await Sound.DebugAsync("blocks /many")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        await using var opened = await DamagedAsync(Sound, (long.Parse(blocks[5], CultureInfo.InvariantCulture) * BlockSize) + 9, 1);
        var problems = new GuestProblems();
        var many = await opened.FindAsync(opened.Root, "many", CancellationToken.None);
        var names = await opened.ListAsync(many!, problems, CancellationToken.None).CountAsync();
        Assert.That(names, Is.InRange(500, 599));
        Assert.That(problems.Count, Is.EqualTo(1));
        Assert.That(problems.First[0].Message, Does.Contain("directory block").And.Contain("checksum"));
    }

    [Test]
    public async Task A_damaged_index_of_a_directory_hides_no_name()
    {
        var blocks = (await Sound.DebugAsync("blocks /many")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        await using var opened = await DamagedAsync(Sound, (long.Parse(blocks[0], CultureInfo.InvariantCulture) * BlockSize) + 41, 1);
        var problems = new GuestProblems();
        var many = await opened.FindAsync(opened.Root, "many", CancellationToken.None);
        Assert.That(await opened.ListAsync(many!, problems, CancellationToken.None).CountAsync(), Is.EqualTo(600));
        Assert.That(problems.First.Single().Message, Does.Contain("index node"));
        Assert.That(await opened.FindAsync(many!, "a rather long name of file number 1 ä", CancellationToken.None), Is.Not.Null);
    }

    [Test]
    public async Task An_index_without_checksums_that_leads_astray_hides_no_name()
    {
        const int PlaceOfHashVersion = 0x1C;
        var blocks = (await WithoutChecksums.DebugAsync("blocks /many")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        await using var opened = await DamagedAsync(WithoutChecksums, (long.Parse(blocks[0], CultureInfo.InvariantCulture) * BlockSize) + PlaceOfHashVersion, 3);
        var many = await opened.FindAsync(opened.Root, "many", CancellationToken.None);
        foreach (var number in Enumerable.Range(1, 50).Where(number => number % 7 != 0))
        {
            Assert.That(await opened.FindAsync(many!, $"a rather long name of file number {number} ä", CancellationToken.None), Is.Not.Null);
        }

        Assert.That(await opened.FindAsync(many!, "a rather long name of file number 7 ä", CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task A_damaged_attribute_block_is_named_and_the_content_given()
    {
        var block = long.Parse(FileAcl().Match(await Sound.DebugAsync("stat \"/attributes/file 4\"")).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.That(block, Is.Positive);
        await using var opened = await DamagedAsync(Sound, (block * BlockSize) + 900, 1);
        var entry = await GuestPath.FindAsync(opened, "attributes/file 4", true, CancellationToken.None);
        Assert.That(
            async () => await opened.ReadAttributesAsync(entry!, CancellationToken.None),
            Throws.TypeOf<GuestFileException>().With.Message.Contains($"attribute block, {block}, that does not match its checksum"));
        await using var content = await opened.OpenAsync(entry!, CancellationToken.None);
        Assert.That(content.Length, Is.EqualTo(4));
    }

    [Test]
    public async Task An_extent_tree_that_leads_into_itself_ends()
    {
        var block = long.Parse(ExtentBlock().Match(await WithoutChecksums.DebugAsync("stat /fragments")).Groups[1].Value, CultureInfo.InvariantCulture);
        byte[] node = [0x0A, 0xF3, 1, 0, 84, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes((uint)block), 0, 0, 0, 0];
        using var image = new CopiedImage(WithoutChecksums);
        await image.WriteAsync(block * BlockSize, node);
        await using var device = await Blocks.FileBlockDevice.OpenAsync(image.Path);
        await using var opened = await ExtFileSystem.OpenAsync(device, "sda1", CancellationToken.None);
        var entry = await opened.FindAsync(opened.Root, "fragments", CancellationToken.None);
        await using var content = await opened.OpenAsync(entry!, CancellationToken.None);
        Assert.That(async () => await ReaderFacts.HashAsync(content), Throws.TypeOf<GuestFileException>().With.Message.Contains("levels"));
    }

    [Test]
    public async Task A_directory_that_is_in_itself_is_entered_once()
    {
        using var image = new CopiedImage(WithoutChecksums);
        await Tool.RunAsync(Tool.Require("debugfs", "e2fsprogs"), ["-w", "-R", "link /deep /deep/again", image.Path]);
        await using var device = await Blocks.FileBlockDevice.OpenAsync(image.Path);
        await using var opened = await ExtFileSystem.OpenAsync(device, "sda1", CancellationToken.None);
        var problems = new GuestProblems();
        var walked = await opened.WalkAsync(opened.Root, problems, CancellationToken.None).ToListAsync();
        Assert.That(walked.Select(found => found.Path), Does.Contain("deep/again"));
        Assert.That(problems.First.Single().Subject, Is.EqualTo("deep/again"));
    }

    static async Task<IGuestFileSystem> DamagedAsync(ExtImage sound, long offset, byte flip)
    {
        var bytes = await File.ReadAllBytesAsync(sound.Path);
        bytes[offset] ^= flip;
        return await ExtFileSystem.OpenAsync(new MemoryBlockDevice(bytes), "sda1", CancellationToken.None);
    }

    [GeneratedRegex(@"block (\d+), offset 0x([0-9a-f]+)")]
    private static partial Regex Located();

    [GeneratedRegex(@"\(ETB0\):(\d+)")]
    private static partial Regex ExtentBlock();

    [GeneratedRegex(@"File ACL: (\d+)")]
    private static partial Regex FileAcl();

    sealed class CopiedImage : IDisposable
    {
        readonly TempFolder _folder = new();

        public CopiedImage(ExtImage image) => File.Copy(image.Path, Path);

        public string Path => _folder["copy"];

        public async Task WriteAsync(long offset, byte[] bytes)
        {
            await using var file = new FileStream(Path, FileMode.Open);
            file.Position = offset;
            await file.WriteAsync(bytes);
        }

        public void Dispose() => _folder.Dispose();
    }
}
