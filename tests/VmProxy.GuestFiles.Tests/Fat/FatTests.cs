using System.Text;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Fat;

sealed class FatTests
{
    [TestCase(2000, "-F 12", 30)]
    [TestCase(2000, "-F 12 -s 1 -f 1", 30)]
    [TestCase(6000, "-F 12 -S 2048 -s 1", 30)]
    [TestCase(16_000, "-F 16 -s 4", 100)]
    [TestCase(40_000, "-F 32 -s 1", 400)]
    [TestCase(36_000, "-F 32 -s 1 -R 64 -f 1 -b 8", 100)]
    public async Task Files_are_as_mtools_reads_them(int kibibytes, string options, int manyFiles)
    {
        using var image = await FatImage.CreateAsync(kibibytes, options, manyFiles);
        await using var fileSystem = await image.OpenAsync();
        Judgement.ExpectSame(await ReaderFacts.OfAsync(fileSystem), await image.JudgeAsync());
        Assert.That(fileSystem.Findings, Is.Empty);
        await image.MtoolsAsync("mdel -i {} '::/many/file number 2*' ::/a.txt; mren -i {} ::/Mixed.Txt ::/other.name; mmd -i {} ::/new; mcopy -i {} /etc/hostname ::/new/here");
        await using var changed = await image.OpenAsync();
        Judgement.ExpectSame(await ReaderFacts.OfAsync(changed), await image.JudgeAsync());
        Assert.That(await changed.FindAsync(changed.Root, "a.txt", CancellationToken.None), Is.Null);
        Assert.That(await changed.FindAsync(changed.Root, "A NAME with spaces AND.several.dots", CancellationToken.None), Is.Not.Null);
        Assert.That((await changed.FindAsync(changed.Root, "ANAMEW~1.DOT", CancellationToken.None))?.Name, Is.EqualTo("a name with spaces and.several.dots"));
    }

    [TestCase(2000, "-F 12 -n FLOPPY -i 1234ABCD", "FLOPPY", "1234-ABCD")]
    [TestCase(20_000, "-F 16 -n 'A LABEL'", "A LABEL", null)]
    [TestCase(40_000, "-F 32 -s 1", "", null)]
    public async Task Label_and_serial_number_are_those_that_blkid_gives(int kibibytes, string options, string label, string? serial)
    {
        using var image = await FatImage.CreateAsync(kibibytes, options);
        await using var fileSystem = await image.OpenAsync();
        Assert.That((fileSystem.Info.Kind, fileSystem.Info.Label, fileSystem.Info.Uuid), Is.EqualTo(("vfat", label, serial ?? await image.Image.BlkidAsync("UUID"))));
        Assert.That(await image.Image.BlkidAsync("LABEL"), Is.EqualTo(label));
    }

    [Test]
    public async Task Attributes_and_times_are_read_to_their_last_bit()
    {
        using var image = await FatImage.CreateAsync(2000, "-F 12");
        await image.MtoolsAsync("mattrib -i {} +r +h +s -a ::/NOEXT");
        var bytes = image.Image.ReadAll();
        var slot = bytes.AsSpan().IndexOf("NOEXT      "u8);
        bytes[slot + 13] = 199;
        BitConverter.GetBytes((ushort)((23 << 11) | (59 << 5) | 29)).CopyTo(bytes, slot + 14);
        BitConverter.GetBytes((ushort)((127 << 9) | (12 << 5) | 31)).CopyTo(bytes, slot + 16);
        BitConverter.GetBytes((ushort)((20 << 9) | (2 << 5) | 29)).CopyTo(bytes, slot + 18);
        await using var fileSystem = await OpenAsync(bytes);
        var entry = await fileSystem.FindAsync(fileSystem.Root, "noext", CancellationToken.None);
        Assert.That(entry!.DosAttributes, Is.EqualTo(7));
        Assert.That(entry.Created.ToString(), Is.EqualTo("2107-12-31T23:59:59.990000000Z"));
        Assert.That(entry.Accessed.ToString(), Is.EqualTo("2000-02-29T00:00:00.000000000Z"));
        BitConverter.GetBytes((ushort)((20 << 9) | (13 << 5) | 29)).CopyTo(bytes, slot + 16);
        await using var again = await OpenAsync(bytes);
        Assert.That((await again.FindAsync(again.Root, "noext", CancellationToken.None))!.Created, Is.Null, "there is no thirteenth month");
    }

    [Test]
    public async Task Short_names_have_the_letters_of_code_page_437_and_what_NT_marks_as_small()
    {
        using var image = await FatImage.CreateAsync(2000, "-F 12");
        var bytes = image.Image.ReadAll();
        var slot = bytes.AsSpan().IndexOf("NOEXT      "u8);
        new byte[] { 0x05, 0x81, (byte)'A', (byte)'B', (byte)' ', (byte)' ', (byte)' ', (byte)' ', (byte)'T', (byte)'X', 0xE1 }.CopyTo(bytes, slot);
        Assert.That(await NamesAsync(bytes), Does.Contain("σüAB.TXß"));
        bytes[slot + 12] = 0x08;
        Assert.That(await NamesAsync(bytes), Does.Contain("σüab.TXß"));
        bytes[slot + 12] = 0x18;
        Assert.That(await NamesAsync(bytes), Does.Contain("σüab.txß"));
    }

    [Test]
    public async Task Parts_of_a_long_name_that_do_not_fit_are_passed_over()
    {
        using var image = await FatImage.CreateAsync(2000, "-F 12");
        var bytes = image.Image.ReadAll();
        var slot = bytes.AsSpan().IndexOf("ANAMEW~1DOT"u8);
        bytes[slot - 32 + 13] ^= 1;
        Assert.That(await NamesAsync(bytes), Does.Contain("ANAMEW~1.DOT").And.Not.Contain("a name with spaces and.several.dots"));
        bytes[slot - 32 + 13] ^= 1;
        bytes[slot - 32] ^= 7;
        Assert.That(await NamesAsync(bytes), Does.Contain("ANAMEW~1.DOT"));
        bytes[slot - 32] ^= 7;
        bytes[slot] = (byte)'B';
        Assert.That(await NamesAsync(bytes), Does.Contain("BNAMEW~1.DOT"), "the sum is over the short name");
    }

    [TestCase("a/name")]
    [TestCase("../name")]
    [TestCase("..\0")]
    [TestCase(".\0")]
    public async Task A_long_name_that_would_lead_elsewhere_is_a_problem_and_not_given(string name)
    {
        using var image = await FatImage.CreateAsync(2000, "-F 12");
        var bytes = image.Image.ReadAll();
        var part = bytes.AsSpan().IndexOf("ANAMEW~1DOT"u8) - 32;
        var units = Encoding.Unicode.GetBytes(name);
        units.AsSpan(0, Math.Min(10, units.Length)).CopyTo(bytes.AsSpan(part + 1));
        await ExpectLeftOutAsync(bytes, await NamesAsync(image.Image.ReadAll()));
    }

    [TestCase("NO/XT      ")]
    [TestCase("NO\0XT      ")]
    [TestCase("        .  ")]
    public async Task A_short_name_that_would_lead_elsewhere_is_a_problem_and_not_given(string name)
    {
        using var image = await FatImage.CreateAsync(2000, "-F 12");
        var bytes = image.Image.ReadAll();
        Encoding.ASCII.GetBytes(name).CopyTo(bytes, bytes.AsSpan().IndexOf("NOEXT      "u8));
        await ExpectLeftOutAsync(bytes, await NamesAsync(image.Image.ReadAll()));
    }

    static async Task ExpectLeftOutAsync(byte[] bytes, List<string> sound)
    {
        await using var fileSystem = await OpenAsync(bytes);
        var problems = new GuestProblems();
        var names = new List<string>();
        await foreach (var entry in fileSystem.ListAsync(fileSystem.Root, problems, CancellationToken.None))
        {
            names.Add(entry.Name);
        }

        Assert.That(names, Has.Count.EqualTo(sound.Count - 1).And.SubsetOf(sound));
        Assert.That(problems.First.Single().Message, Does.Contain("slash or a zero"));
    }

    [TestCase(2000, "-F 12")]
    [TestCase(30_000, "-F 16 -s 1")]
    [TestCase(40_000, "-F 32 -s 1")]
    public async Task A_damaged_table_is_read_from_its_copy_and_that_is_told(int kibibytes, string options)
    {
        using var image = await FatImage.CreateAsync(kibibytes, options, 50);
        var judged = await image.JudgeAsync();
        var bytes = image.Image.ReadAll();
        var (table, size) = Table(bytes);
        foreach (var fill in new byte[] { 0, 0x5A, 0xFF })
        {
            bytes.AsSpan(table + (fill == 0 ? 16 : 0), Math.Min(size, 700)).Fill(fill);
            await using var fileSystem = await OpenAsync(bytes);
            Judgement.ExpectSame(await ReaderFacts.OfAsync(fileSystem), judged);
            Assert.That(fileSystem.Findings.Select(finding => (finding.Code, finding.IsWarning)), Is.EqualTo(new[] { (GuestFileErrorCodes.CopyUsed, true) }), $"{fill}");
        }
    }

    [Test]
    public async Task A_destroyed_boot_sector_of_FAT32_is_read_from_its_copy()
    {
        using var image = await FatImage.CreateAsync(40_000, "-F 32 -s 1");
        var judged = await image.JudgeAsync();
        image.Image.Write(0, new byte[512]);
        await using var fileSystem = await image.OpenAsync();
        Judgement.ExpectSame(await ReaderFacts.OfAsync(fileSystem), judged);
        Assert.That(fileSystem.Findings.Single().Code, Is.EqualTo(GuestFileErrorCodes.CopyUsed));
    }

    [TestCase(0x0FFF, "too short", TestName = "ends too soon")]
    [TestCase(0x0FF7, "bad cluster", TestName = "leads to a bad cluster")]
    [TestCase(0, "free cluster", TestName = "leads to a free cluster")]
    [TestCase(0x0FF0, "does not exist", TestName = "leads to no cluster")]
    [TestCase(-1, "circle", TestName = "leads in a circle")]
    public async Task A_chain_that_is_broken_gives_what_is_before_and_tells_it(int value, string told)
    {
        using var image = await FatImage.CreateAsync(2000, "-F 12 -s 2");
        var bytes = image.Image.ReadAll();
        await using var sound = await OpenAsync(bytes);
        var file = (FatEntry)(await GuestPath.FindAsync(sound, "dir/sub dir/deep file.bin", true, CancellationToken.None))!;
        Assert.That(file.Size, Is.GreaterThan(3000));
        await using var whole = await sound.OpenAsync(file, CancellationToken.None);
        var (before, after) = (new byte[1024], new byte[1024]);
        await whole.ReadAsync(0, before, CancellationToken.None);
        var next = SetLink(bytes, file.FirstCluster, value < 0 ? (int)file.FirstCluster : value);
        await using var damaged = await OpenAsync(bytes);
        var entry = (await GuestPath.FindAsync(damaged, "dir/sub dir/deep file.bin", true, CancellationToken.None))!;
        await using var content = await damaged.OpenAsync(entry, CancellationToken.None);
        await content.ReadAsync(0, after, CancellationToken.None);
        Assert.That(before, Is.EqualTo(after));
        Assert.That(
            async () => await content.ReadAsync(1000, after, CancellationToken.None),
            Throws.InstanceOf<GuestFileException>().With.Property("Code").EqualTo(GuestFileErrorCodes.Damaged).And.Message.Contains(told));
        Assert.That(next, Is.Not.Zero);
    }

    [Test]
    public async Task A_directory_that_holds_itself_is_told_and_not_entered_again()
    {
        using var image = await FatImage.CreateAsync(2000, "-F 12");
        var bytes = image.Image.ReadAll();
        await using var sound = await OpenAsync(bytes);
        var outer = (FatEntry)(await sound.FindAsync(sound.Root, "dir", CancellationToken.None))!;
        var inner = bytes.AsSpan().IndexOf("DIR8    3  "u8);
        BitConverter.GetBytes((ushort)outer.FirstCluster).CopyTo(bytes, inner + 26);
        await using var damaged = await OpenAsync(bytes);
        var problems = new GuestProblems();
        var count = 0;
        await foreach (var _ in damaged.WalkAsync(damaged.Root, problems, CancellationToken.None))
        {
            Assert.That(++count, Is.LessThan(1000));
        }

        Assert.That(problems.First.Select(problem => problem.Message), Has.Some.Contains("not entered again"));
    }

    [Test]
    public async Task A_directory_of_50_000_files_is_listed_at_once()
    {
        const int Count = 50_000;
        using var image = await FatImage.CreateAsync(80_000, "-F 32 -s 1");
        await image.MtoolsAsync("mmd -i {} ::/big");
        var bytes = image.Image.ReadAll();
        await using var small = await OpenAsync(bytes);
        var directory = (FatEntry)(await small.FindAsync(small.Root, "big", CancellationToken.None))!;
        var (table, size) = Table(bytes);
        var heap = table + (2 * size);
        var entries = bytes.AsSpan(table, size);
        // Every second cluster from the volume's middle, so that the directory lies in thousands of pieces.
        var (from, left) = (directory.FirstCluster, Count - 14);
        for (var cluster = 70_000u; left > 0; cluster += 2, left -= 16)
        {
            BitConverter.GetBytes(cluster).CopyTo(entries[(int)(from * 4)..]);
            from = cluster;
        }

        BitConverter.GetBytes(0x0FFFFFFFu).CopyTo(entries[(int)(from * 4)..]);
        entries.CopyTo(bytes.AsSpan(table + size));
        var (at, slot) = (directory.FirstCluster, 2);
        for (var i = 0; i < Count; i++, slot++)
        {
            if (slot == 16)
            {
                (at, slot) = (BitConverter.ToUInt32(bytes, table + (int)(at * 4)), 0);
            }

            Encoding.ASCII.GetBytes($"F{i:D7}DAT ").CopyTo(bytes, heap + ((int)(at - 2) * 512) + (slot * 32));
        }

        image.Image.Write(0, bytes);
        var listing = await image.MtoolsAsync("mdir -b -i {} ::/big | wc -l");
        Assert.That(int.Parse(listing, System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(Count), "mtools reads it so");
        await using var fileSystem = await OpenAsync(bytes);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var problems = new GuestProblems();
        var names = new HashSet<string>();
        await foreach (var entry in fileSystem.ListAsync((await fileSystem.FindAsync(fileSystem.Root, "BIG", CancellationToken.None))!, problems, CancellationToken.None))
        {
            names.Add(entry.Name);
        }

        TestContext.Out.WriteLine($"{names.Count} names in {watch.ElapsedMilliseconds} ms");
        Assert.That((names.Count, problems.Count), Is.EqualTo((Count, 0L)));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(3)));
    }

    [Test]
    public async Task What_FAT_has_not_is_told_so()
    {
        using var image = await FatImage.CreateAsync(2000, "-F 12");
        await using var fileSystem = await image.OpenAsync();
        var file = (await fileSystem.FindAsync(fileSystem.Root, "a.txt", CancellationToken.None))!;
        Assert.That(await fileSystem.ListStreamsAsync(file, CancellationToken.None), Is.Empty);
        Assert.That(() => fileSystem.ListAsync(file, new GuestProblems(), CancellationToken.None), Throws.InstanceOf<GuestFileException>().With.Property("Code").EqualTo(GuestFileErrorCodes.NotADirectory));
        Assert.That(async () => await fileSystem.OpenAsync(fileSystem.Root, CancellationToken.None), Throws.InstanceOf<GuestFileException>().With.Property("Code").EqualTo(GuestFileErrorCodes.NotAFile));
    }

    /// <summary>First byte and length of the first table.</summary>
    static (int Table, int Size) Table(byte[] bytes)
    {
        var (sector, reserved, small) = (BitConverter.ToUInt16(bytes, 11), BitConverter.ToUInt16(bytes, 14), BitConverter.ToUInt16(bytes, 22));
        return (reserved * sector, (small != 0 ? small : BitConverter.ToInt32(bytes, 36)) * sector);
    }

    /// <summary>Changes a link of FAT12 in both tables, and gives what it was.</summary>
    static int SetLink(byte[] bytes, uint cluster, int value)
    {
        var (table, size) = Table(bytes);
        var was = 0;
        foreach (var place in new[] { table, table + size }.Select(start => start + (int)(cluster * 3 / 2)))
        {
            var both = BitConverter.ToUInt16(bytes, place);
            was = cluster % 2 == 0 ? both & 0xFFF : both >> 4;
            both = (ushort)(cluster % 2 == 0 ? (both & 0xF000) | value : (both & 0xF) | (value << 4));
            BitConverter.GetBytes(both).CopyTo(bytes, place);
        }

        return was;
    }

    static async Task<List<string>> NamesAsync(byte[] bytes)
    {
        await using var fileSystem = await OpenAsync(bytes);
        var names = new List<string>();
        await foreach (var entry in fileSystem.ListAsync(fileSystem.Root, new GuestProblems(), CancellationToken.None))
        {
            names.Add(entry.Name);
        }

        return names;
    }

    static async Task<IGuestFileSystem> OpenAsync(byte[] bytes) => await FatFileSystem.OpenAsync(new MemoryBlockDevice(bytes), "p1", CancellationToken.None);
}
