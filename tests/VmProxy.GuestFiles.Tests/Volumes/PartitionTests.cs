namespace VmProxy.GuestFiles.Tests.Volumes;

sealed class PartitionTests
{
    const int MiB = 1024 * 1024;
    const string Gpt = "label: gpt\\n,10M,U,-\\n,5M,L\\n,20M,S\\n,,L\\n";

    [TestCase("printf 'label: dos\\n,10M,L,*\\n,5M,7\\n,20M,82\\n,,8e\\n' | sfdisk -q {}", TestName = "four primary ones")]
    [TestCase("printf 'label: dos\\n,10M,L\\n,,E\\n,5M,L\\n,6M,L\\n,7M,S\\n,8M,L\\n,,L\\n' | sfdisk -q {}", TestName = "logical ones")]
    [TestCase("printf 'label: dos\\n,10M,L\\n,30M,E\\n,5M,L\\n,6M,L\\n,7M,L\\n,,L\\n' | sfdisk -q {}; sfdisk -q --delete {} 1", TestName = "gaps in the numbers")]
    [TestCase("printf '" + Gpt + "' | sfdisk -q {}", TestName = "GPT by sfdisk")]
    [TestCase("printf 'label: gpt\\ntable-length: 4\\n,10M,L\\n,5M,L\\n' | sfdisk -q {}", TestName = "a short GPT")]
    [TestCase("sgdisk -S 256 -n 5:0:+10M -t 5:8300 -c 5:'a näme of 36 units, all of them are s' -n 2:0:+3M -t 2:ef00 -c 2:EFI -A 2:set:2 -n 200:0:0 -t 200:8e00 {}", TestName = "GPT by sgdisk")]
    [TestCase("parted -s {} mklabel gpt mkpart one ext4 1MiB 20MiB mkpart two ntfs 20MiB 50MiB set 1 boot on", TestName = "GPT by parted")]
    [TestCase("parted -s {} mklabel msdos mkpart primary 1MiB 20MiB mkpart extended 20MiB 90MiB mkpart logical 21MiB 30MiB mkpart logical 40MiB 50MiB mkpart logical 31MiB 39MiB", TestName = "MBR by parted")]
    [TestCase("sgdisk -n 1:0:+10M -t 1:8300 -n 2:0:+10M -t 2:0700 -h 1:2 {}", TestName = "a hybrid of both")]
    public async Task A_table_is_read_as_sfdisk_and_partx_read_it(string line)
    {
        using var image = new TestImage(100 * MiB);
        await image.ShellAsync(line + " >/dev/null 2>&1");
        await using var device = await image.OpenAsync();
        await using var disks = await OpenAsync(image);
        await PartitionJudge.ExpectAsync(image, disks.Volumes);
        Assert.That(disks.Findings, Is.Empty);
    }

    [Test]
    public async Task Sectors_of_4096_bytes_are_seen_whatever_the_device_says_now()
    {
        using var image = new TestImage(100 * MiB);
        await using (var loop = await LoopDevice.AttachAsync(image.Path, 4096))
        {
            await image.ShellAsync($"printf '{Gpt}' | sfdisk -q {loop.Path}");
        }

        await using var disks = await OpenAsync(image);
        Assert.That(disks.Volumes.Select(volume => (volume.Name, volume.Offset, volume.Length, volume.TypeName)), Is.EqualTo(new (string, long?, long, string)[]
        {
            ("p1", MiB, 10 * MiB, "EFI system"), ("p2", 11 * MiB, 5 * MiB, "Linux"), ("p3", 16 * MiB, 20 * MiB, "Linux swap"), ("p4", 36 * MiB, 63 * MiB, "Linux"),
        }));
        Assert.That(disks.Findings, Is.Empty);
    }

    [TestCase(512, 512, TestName = "its header")]
    [TestCase(1024, 16384, TestName = "its entries")]
    [TestCase(1024 + 60, 1, TestName = "one byte of its entries")]
    public async Task A_damaged_GPT_is_read_from_its_copy_and_that_is_told(int at, int length)
    {
        using var image = new TestImage(100 * MiB);
        await image.ShellAsync($"printf '{Gpt}' | sfdisk -q {{}}");
        var judged = await PartitionJudge.OfAsync(image);
        image.Write(at, Enumerable.Repeat((byte)0x5A, length).ToArray());
        await using var disks = await OpenAsync(image);
        PartitionJudge.Expect(judged, disks.Volumes);
        Assert.That(disks.Findings.Select(finding => (finding.Code, finding.IsWarning)), Is.EqualTo(new[] { (GuestFileErrorCodes.CopyUsed, true) }));
    }

    [Test]
    public async Task The_copy_of_a_disk_that_grew_is_found_where_the_damaged_header_says()
    {
        using var image = new TestImage(100 * MiB);
        await image.ShellAsync($"printf '{Gpt}' | sfdisk -q {{}}");
        var judged = await PartitionJudge.OfAsync(image);
        await image.ShellAsync("truncate -s 130M {}");
        image.Write(512 + 40, [1]);
        await using var disks = await OpenAsync(image);
        PartitionJudge.Expect(judged, disks.Volumes);
        Assert.That(disks.Findings.Single().Code, Is.EqualTo(GuestFileErrorCodes.CopyUsed));
    }

    [Test]
    public async Task Entries_that_match_no_check_in_either_copy_are_given_and_told()
    {
        using var image = new TestImage(100 * MiB);
        await image.ShellAsync($"printf '{Gpt}' | sfdisk -q {{}}");
        var judged = await PartitionJudge.OfAsync(image);
        image.Write(1024 + (9 * 128) + 20, [1]);
        image.Write((100 * MiB) - (33 * 512) + (9 * 128) + 20, [1]);
        await using var disks = await OpenAsync(image);
        PartitionJudge.Expect(judged, disks.Volumes);
        Assert.That(disks.Findings.Single().Code, Is.EqualTo(GuestFileErrorCodes.Damaged));
    }

    [Test]
    public async Task A_GPT_of_which_neither_copy_can_be_read_is_told_and_the_hybrid_entries_are_given()
    {
        using var image = new TestImage(100 * MiB);
        await image.ShellAsync("sgdisk -n 1:0:+10M -t 1:8300 -n 2:0:+10M -t 2:0700 -h 1:2 {} >/dev/null");
        image.Write(512, new byte[512]);
        image.Write((100 * MiB) - 512, new byte[512]);
        await using var disks = await OpenAsync(image);
        Assert.That(disks.Findings.Single().Message, Does.Contain("neither copy"));
        Assert.That(disks.Volumes.Select(volume => volume.Length), Is.EqualTo(new[] { 10 * MiB, 10 * MiB }));
    }

    [Test]
    public async Task A_GPT_that_the_first_sector_does_not_announce_is_found()
    {
        using var image = new TestImage(100 * MiB);
        await image.ShellAsync($"printf '{Gpt}' | sfdisk -q {{}}");
        var judged = await PartitionJudge.OfAsync(image);
        image.Write(0, new byte[512]);
        await using var disks = await OpenAsync(image);
        PartitionJudge.Expect(judged, disks.Volumes);
        Assert.That(disks.Findings.Single().Code, Is.EqualTo(GuestFileErrorCodes.Damaged));
    }

    [Test]
    public async Task Partitions_over_each_other_or_behind_the_end_are_told_and_the_rest_is_given()
    {
        using var image = new TestImage(100 * MiB);
        await image.ShellAsync("printf 'label: dos\\n2048,20480,L\\n40960,20480,L\\n81920,20480,L\\n122880,20480,L\\n' | sfdisk -q {} >/dev/null");
        image.Write(446 + 16 + 8, BitConverter.GetBytes(2048 + 10240));
        image.Write(446 + 32 + 12, BitConverter.GetBytes(10_000_000));
        image.Write(446 + 48 + 8, BitConverter.GetBytes(900_000_000));
        await using var disks = await OpenAsync(image);
        Assert.That(disks.Volumes.Select(volume => volume.Problem?.IsWarning), Is.EqualTo(new bool?[] { false, false, false, false }), "they hold nothing");
        Assert.That(disks.Findings.Select(finding => (finding.Subject, finding.IsWarning)), Is.EqualTo(new[] { ("p1", true), ("p2", true), ("p3", true), ("p4", false) }));
        Assert.That(disks.Volumes[2].Device.Length, Is.EqualTo((100 * MiB) - (81920 * 512)));
        Assert.That(disks.Volumes[3].Device.Length, Is.Zero);
        Assert.That(async () => await disks.Volumes[3].OpenAsync(CancellationToken.None), Throws.InstanceOf<GuestFileException>().With.Property("Code").EqualTo(GuestFileErrorCodes.Damaged));
    }

    [Test]
    public async Task An_entry_that_begins_with_the_table_is_told_and_hides_no_other()
    {
        using var image = new TestImage(100 * MiB);
        await image.ShellAsync("printf 'label: dos\\n2048,20480,L\\n40960,20480,L\\n81920,20480,L\\n' | sfdisk -q {} >/dev/null");
        image.Write(446 + 16 + 8, BitConverter.GetBytes(0));
        await using var disks = await OpenAsync(image);
        Assert.That(disks.Volumes.Select(volume => volume.Name), Is.EqualTo(new[] { "p1", "p3" }));
        Assert.That(disks.Findings.Single().Message, Does.Contain("Entry 2").And.Contain("begin with the table itself"));
    }

    [TestCase(0, "leads back", TestName = "in a circle")]
    [TestCase(2_000_000_000, "leaves", TestName = "away from the disk")]
    [TestCase(100, "without the mark", TestName = "to no record")]
    public async Task A_chain_that_leads_somewhere_else_ends_there_and_that_is_told(int start, string told)
    {
        using var image = new TestImage(100 * MiB);
        await image.ShellAsync("printf 'label: dos\\n,10M,L\\n,,E\\n,5M,L\\n,6M,L\\n,7M,L\\n' | sfdisk -q {}");
        var judged = await PartitionJudge.OfAsync(image);
        var extended = BitConverter.ToInt32(image.Read(446 + 16 + 8, 4));
        var second = extended + BitConverter.ToInt32(image.Read((extended * 512L) + 446 + 16 + 8, 4));
        image.Write((second * 512L) + 446 + 16 + 8, BitConverter.GetBytes(start));
        await using var disks = await OpenAsync(image);
        Assert.That(disks.Volumes.Select(volume => volume.Number), Is.EqualTo(judged.Select(partition => partition.Number).SkipLast(1)));
        Assert.That(disks.Findings.Single().Message, Does.Contain(told));
    }

    static async Task<GuestDisks> OpenAsync(TestImage image) =>
        await GuestDisks.OpenAsync([new GuestDisk("", new VmProxy.Testing.MemoryBlockDevice(image.ReadAll()))], CancellationToken.None);
}
