using System.Numerics;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.ExFat;

sealed class ExFatTests
{
    [TestCase(8, "-L 'Läbel'", 50)]
    [TestCase(16, "-c 4096 -b 8192", 300)]
    [TestCase(40, "-c 131072", 50)]
    [TestCase(8, "-c 512", 50)]
    public async Task Files_are_as_exfat_fuse_reads_them(int mebibytes, string options, int manyFiles)
    {
        using var image = await ExFatImage.CreateAsync(mebibytes, options, manyFiles);
        await using var fileSystem = await image.OpenAsync();
        Judgement.ExpectSame(await FactsAsync(fileSystem), await image.JudgeAsync());
        Assert.That(fileSystem.Findings, Is.Empty);
        Assert.That((fileSystem.Info.Kind, fileSystem.Info.Label, fileSystem.Info.Uuid), Is.EqualTo(("exfat", await image.Image.BlkidAsync("LABEL"), await image.Image.BlkidAsync("UUID"))));
        Assert.That((await fileSystem.FindAsync(fileSystem.Root, "TÄGLICH – 日本語.TEXT", CancellationToken.None))?.Name, Is.EqualTo("täglich – 日本語.text"));
        Assert.That(await fileSystem.FindAsync(fileSystem.Root, "taglich", CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task Files_lie_with_links_and_without()
    {
        using var image = await ExFatImage.CreateAsync(8, "-c 4096");
        await using var fileSystem = await image.OpenAsync();
        var contiguous = (ExFatEntry)(await fileSystem.FindAsync(fileSystem.Root, "contiguous", CancellationToken.None))!;
        var inPieces = (ExFatEntry)(await fileSystem.FindAsync(fileSystem.Root, "pieces 2", CancellationToken.None))!;
        Assert.That((contiguous.IsContiguous, inPieces.IsContiguous), Is.EqualTo((true, false)), "the tests see both kinds");
    }

    [Test]
    public async Task What_was_never_written_is_zeros()
    {
        using var image = await ExFatImage.CreateAsync(8, "-c 4096");
        var bytes = image.Image.ReadAll();
        var set = ExFatImage.SetOf(bytes, "contiguous");
        BitConverter.GetBytes(12_345L).CopyTo(bytes, set + 32 + 8);
        ExFatImage.Seal(bytes, set);
        await using var fileSystem = await OpenAsync(bytes);
        await using var content = await fileSystem.OpenAsync((await fileSystem.FindAsync(fileSystem.Root, "contiguous", CancellationToken.None))!, CancellationToken.None);
        var read = new byte[300_000];
        await content.ReadAsync(0, read, CancellationToken.None);
        var expected = BlockContent.Mixed(300_000, 8);
        Array.Clear(expected, 12_345, 300_000 - 12_345);
        Assert.That(read.AsSpan().SequenceEqual(expected));
        var runs = new List<Blocks.BlockRun>();
        await foreach (var run in content.RunsAsync(0, content.Length, CancellationToken.None))
        {
            runs.Add(run);
        }

        Assert.That(runs[^1], Is.EqualTo(new Blocks.BlockRun(12_345, 300_000 - 12_345, Blocks.BlockRunKind.Zero)));
    }

    [TestCase(0x00, "2024-02-29T12:30:58.000000000Z", 0)]
    [TestCase(0x80, "2024-02-29T12:30:59.990000000Z", 199)]
    [TestCase(0x88, "2024-02-29T10:30:58.500000000Z", 50)]
    [TestCase(0xEC, "2024-02-29T17:30:58.000000000Z", 0)]
    public async Task Moments_are_told_in_UTC_as_far_as_the_guest_knew_it(int zone, string expected, int hundredths)
    {
        using var image = await ExFatImage.CreateAsync(8, "");
        var bytes = image.Image.ReadAll();
        var set = ExFatImage.SetOf(bytes, "a.txt");
        BitConverter.GetBytes((44 << 25) | (2 << 21) | (29 << 16) | (12 << 11) | (30 << 5) | 29).CopyTo(bytes, set + 12);
        (bytes[set + 21], bytes[set + 23]) = ((byte)hundredths, (byte)zone);
        ExFatImage.Seal(bytes, set);
        await using var fileSystem = await OpenAsync(bytes);
        Assert.That((await fileSystem.FindAsync(fileSystem.Root, "A.TXT", CancellationToken.None))!.Modified.ToString(), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_set_that_does_not_match_its_check_is_given_with_a_warning_and_one_that_is_cut_is_told()
    {
        using var image = await ExFatImage.CreateAsync(8, "");
        var bytes = image.Image.ReadAll();
        bytes[ExFatImage.SetOf(bytes, "a.txt") + 2] ^= 1;
        bytes[ExFatImage.SetOf(bytes, "UPPER.TXT") + 64] = 0x41;
        await using var fileSystem = await OpenAsync(bytes);
        var problems = new GuestProblems();
        var entries = new Dictionary<string, GuestEntry>();
        await foreach (var entry in fileSystem.ListAsync(fileSystem.Root, problems, CancellationToken.None))
        {
            entries.Add(entry.Name, entry);
        }

        Assert.That(entries["a.txt"].Problem, Has.Property("IsWarning").True.And.Property("Code").EqualTo(GuestFileErrorCodes.Damaged));
        Assert.That(entries.Keys, Does.Not.Contain("UPPER.TXT").And.Contain("empty"));
        Assert.That(problems.First.Single().Code, Is.EqualTo(GuestFileErrorCodes.Damaged));
        Assert.That(entries.Values.Count(entry => entry.Problem is not null), Is.EqualTo(1));
    }

    [TestCase("UP/ER.TXT")]
    [TestCase("UP\0ER.TXT")]
    [TestCase("..")]
    [TestCase(".")]
    public async Task A_name_that_would_lead_elsewhere_is_a_problem_and_not_given(string name)
    {
        using var image = await ExFatImage.CreateAsync(8, "");
        var bytes = image.Image.ReadAll();
        var set = ExFatImage.SetOf(bytes, "UPPER.TXT");
        bytes[set + 32 + 3] = (byte)name.Length;
        System.Text.Encoding.Unicode.GetBytes(name).CopyTo(bytes, set + 64 + 2);
        ExFatImage.Seal(bytes, set);
        await using var fileSystem = await OpenAsync(bytes);
        var problems = new GuestProblems();
        var names = new List<string>();
        await foreach (var entry in fileSystem.ListAsync(fileSystem.Root, problems, CancellationToken.None))
        {
            names.Add(entry.Name);
        }

        Assert.That(names, Does.Contain("a.txt").And.None.StartsWith("UP").And.None.StartsWith("."));
        Assert.That(problems.First.Single().Message, Does.Contain("slash or a zero"));
    }

    [TestCase(0, 512, TestName = "its boot sector")]
    [TestCase(1000, 1, TestName = "a bit of its extended boot sectors")]
    public async Task A_damaged_boot_region_is_read_from_its_copy(int at, int length)
    {
        using var image = await ExFatImage.CreateAsync(8, "");
        var judged = await image.JudgeAsync();
        var bytes = image.Image.ReadAll();
        bytes.AsSpan(at, length).Fill(0x77);
        await using var fileSystem = await FileSystems.OpenAsync(new MemoryBlockDevice(bytes), "p1", CancellationToken.None);
        Judgement.ExpectSame(await FactsAsync(fileSystem), judged);
        Assert.That(fileSystem.Findings.Single().Code, Is.EqualTo(GuestFileErrorCodes.CopyUsed));
    }

    [Test]
    public async Task A_damaged_table_of_capitals_is_told_and_names_are_found_all_the_same()
    {
        using var image = await ExFatImage.CreateAsync(8, "");
        var bytes = image.Image.ReadAll();
        var root = (BitConverter.ToInt32(bytes, 88) * 512) + ((BitConverter.ToInt32(bytes, 96) - 2) * (512 << bytes[109]));
        var entry = Enumerable.Range(0, 8).Select(slot => root + (slot * 32)).Single(slot => bytes[slot] == 0x82);
        bytes[entry + 4] ^= 1;
        await using var fileSystem = await OpenAsync(bytes);
        Assert.That(fileSystem.Findings.Single().Message, Does.Contain("capital letters"));
        Assert.That(await fileSystem.FindAsync(fileSystem.Root, "TÄGLICH – 日本語.TEXT", CancellationToken.None), Is.Not.Null);
    }

    [Test]
    public async Task Of_two_tables_the_active_one_is_used()
    {
        using var image = await ExFatImage.CreateAsync(8, "-c 4096");
        var judged = await image.JudgeAsync();
        var bytes = image.Image.ReadAll();
        var table = BitConverter.ToInt32(bytes, 80) * 512;

        // The volume is said to have a second table behind the first, and the first is destroyed.
        var used = (BitConverter.ToInt32(bytes, 92) + 2) * 4;
        var second = (table + used + 511) / 512 * 512;
        Assert.That(second + used, Is.LessThanOrEqualTo(BitConverter.ToInt32(bytes, 88) * 512), "there is room for both");
        bytes.AsSpan(table, used).CopyTo(bytes.AsSpan(second));
        bytes.AsSpan(table, used).Clear();
        BitConverter.GetBytes((second - table) / 512).CopyTo(bytes, 84);
        (bytes[110], bytes[106]) = (2, 1);
        SealBoot(bytes);
        await using var fileSystem = await OpenAsync(bytes);
        Judgement.ExpectSame(await FactsAsync(fileSystem), judged);
        Assert.That(fileSystem.Findings, Is.Empty);
    }

    /// <summary>exfat-fuse tells whole seconds only.</summary>
    static async Task<IReadOnlyList<FileFacts>> FactsAsync(IGuestFileSystem fileSystem) =>
        [.. (await ReaderFacts.OfAsync(fileSystem)).Select(facts => facts with { Modified = facts.Modified is { } moment ? moment with { Nanoseconds = 0 } : null })];

    /// <summary>Makes the check of the boot region right again.</summary>
    public static void SealBoot(byte[] bytes)
    {
        uint check = 0;
        for (var i = 0; i < 11 * 512; i++)
        {
            check = i is 106 or 107 or 112 ? check : BitOperations.RotateRight(check, 1) + bytes[i];
        }

        for (var i = 0; i < 512; i += 4)
        {
            BitConverter.GetBytes(check).CopyTo(bytes, (11 * 512) + i);
        }
    }

    static async Task<IGuestFileSystem> OpenAsync(byte[] bytes) => await ExFatFileSystem.OpenAsync(new MemoryBlockDevice(bytes), "p1", CancellationToken.None);
}
