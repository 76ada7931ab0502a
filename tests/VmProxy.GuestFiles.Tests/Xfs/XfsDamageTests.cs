using System.Buffers.Binary;
using VmProxy.GuestFiles.Tests.Judging;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Xfs;

/// <summary>A flipped bit is found and named, and hides nothing but what it stands in.</summary>
sealed class XfsDamageTests
{
    const uint TreeMagic = 0x424D4133;
    const uint DataMagic = 0x58444433;
    const uint NodeMagic = 0x3EBE;

    byte[] _sound = [];
    int _count;

    [OneTimeSetUp]
    public async Task MakeImageAsync()
    {
        using var image = await XfsImage.MakeAsync("64M");
        await image.FillAsync("little");
        _sound = await File.ReadAllBytesAsync(image.Path);
        await using var fileSystem = await OpenAsync(_sound);
        _count = (await WalkAsync(fileSystem, new GuestProblems())).Count;
        Assert.That(_count, Is.GreaterThan(150));
    }

    [TestCase(4)]
    [TestCase(90)]
    [TestCase(0)]
    public async Task A_damaged_superblock_is_replaced_by_a_copy(int at)
    {
        await using var fileSystem = await OpenAsync(Flip(at));
        Assert.That(fileSystem.Findings.Single().Code, Is.EqualTo(GuestFileErrorCodes.CopyUsed));
        Assert.That(await WalkAsync(fileSystem, new GuestProblems()), Has.Count.EqualTo(_count));
    }

    [Test]
    public async Task Without_the_first_block_a_copy_is_found()
    {
        var image = _sound.ToArray();
        image.AsSpan(0, 512).Clear();
        await using var fileSystem = await OpenAsync(image);
        Assert.That(await WalkAsync(fileSystem, new GuestProblems()), Has.Count.EqualTo(_count));
    }

    [Test]
    public void Unknown_features_are_refused_by_name()
    {
        var image = _sound.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(216), image.U32(216) | (1 << 9) | (1 << 20));
        XfsChecksum.Write(image.AsSpan(0, 512), XfsSuperblock.ChecksumField);
        var exception = Assert.ThrowsAsync<GuestFileException>(async () => await OpenAsync(image));
        Assert.That(exception!.Code, Is.EqualTo(GuestFileErrorCodes.Unsupported));
        Assert.That(exception.Message, Does.Contain("zoned").And.Contain("incompatible bit 20"));
    }

    [Test]
    public async Task A_file_system_that_needs_repair_is_read_and_that_is_told()
    {
        var image = _sound.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(216), image.U32(216) | 0x10);
        XfsChecksum.Write(image.AsSpan(0, 512), XfsSuperblock.ChecksumField);
        await using var fileSystem = await OpenAsync(image);
        Assert.That(fileSystem.Findings.Single().Message, Does.Contain("xfs_repair"));
    }

    [Test]
    public async Task A_damaged_inode_is_unknown_and_the_others_are_given()
    {
        var inode = await IdAsync("fragmented");
        await using var fileSystem = await OpenAsync(Flip((int)XfsSuperblock.Parse(_sound, "superblock").ByteOfInode(inode) + 44));
        var entries = await WalkAsync(fileSystem, new GuestProblems());
        Assert.That(entries, Has.Count.EqualTo(_count));
        var broken = entries.Single(entry => entry.Entry.Kind == GuestEntryKind.Unknown).Entry;
        Assert.That((broken.Name, broken.Problem!.Code), Is.EqualTo(("fragmented", GuestFileErrorCodes.Damaged)));
        Assert.That(broken.Problem.Message, Does.Contain($"inode {inode} has a wrong checksum"));
        Assert.That(async () => await fileSystem.OpenAsync(broken, default), Throws.TypeOf<GuestFileException>());
    }

    [Test]
    public async Task A_file_on_a_realtime_volume_is_listed_and_refused_by_name()
    {
        var image = _sound.ToArray();
        var at = (int)XfsSuperblock.Parse(image, "superblock").ByteOfInode(await IdAsync("fragmented"));
        image[at + 91] |= 1;
        XfsChecksum.Write(image.AsSpan(at, 512), XfsInode.ChecksumField);
        await using var fileSystem = await OpenAsync(image);
        var file = (await fileSystem.FindAsync(fileSystem.Root, "fragmented", default))!;
        Assert.That((file.Kind, file.Problem!.Code), Is.EqualTo((GuestEntryKind.File, GuestFileErrorCodes.Unsupported)));
        var exception = Assert.ThrowsAsync<GuestFileException>(async () => await fileSystem.OpenAsync(file, default));
        Assert.That(exception!.Message, Does.Contain("realtime"));
    }

    [Test]
    public async Task A_damaged_block_of_a_directory_hides_only_its_names()
    {
        var inode = await IdAsync("node");
        await using var fileSystem = await OpenAsync(Flip(XfsBlocks.BlockOf(_sound, inode, magic => magic == DataMagic) + 100));
        var problems = new GuestProblems();
        var entries = await WalkAsync(fileSystem, problems);
        Assert.That(entries.Count, Is.LessThan(_count).And.GreaterThan(_count - 30));
        Assert.That(problems.First.Single().Message, Does.Contain($"directory with inode {inode} is damaged: its block at byte").And.Contain("wrong checksum"));
    }

    [Test]
    public async Task With_a_damaged_index_names_are_found_all_the_same()
    {
        var inode = await IdAsync("node");
        await using var fileSystem = await OpenAsync(Flip(XfsBlocks.BlockOf(_sound, inode, magic => magic == NodeMagic) + 70));
        var directory = await fileSystem.FindAsync(fileSystem.Root, "node", default);
        Assert.That(await fileSystem.FindAsync(directory!, "000031-" + new string('n', 233), default), Is.Not.Null);
        Assert.That(await fileSystem.FindAsync(directory!, "none", default), Is.Null);
    }

    [Test]
    public async Task An_index_that_leads_in_a_circle_is_left()
    {
        var inode = await IdAsync("node");
        var image = _sound.ToArray();
        var node = XfsBlocks.BlockOf(image, inode, magic => magic == NodeMagic);
        for (var i = 0; i < image.U16(node + 56); i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(node + 64 + (i * 8) + 4), (uint)(XfsDirectory.NameSpace / XfsBlocks.BlockSize));
        }

        XfsBlocks.RepairBlock(image, node);
        await using var fileSystem = await OpenAsync(image);
        var directory = await fileSystem.FindAsync(fileSystem.Root, "node", default);
        Assert.That(await fileSystem.FindAsync(directory!, "000031-" + new string('n', 233), default), Is.Not.Null);
    }

    [Test]
    public async Task A_damaged_map_of_extents_is_named_and_what_lies_before_can_be_read()
    {
        var inode = await IdAsync("very fragmented");
        await using var fileSystem = await OpenAsync(Flip(XfsBlocks.BlockOf(_sound, inode, magic => magic == TreeMagic) + 1000));
        await using var content = await fileSystem.OpenAsync((await fileSystem.FindAsync(fileSystem.Root, "very fragmented", default))!, default);
        var exception = Assert.ThrowsAsync<GuestFileException>(async () => await ReaderFacts.HashAsync(content));
        Assert.That(exception!.Message, Does.Contain($"map of extents of inode {inode}").And.Contain("wrong checksum"));
    }

    [Test]
    public async Task A_map_of_extents_that_leads_to_itself_ends()
    {
        var inode = await IdAsync("very fragmented");
        var image = _sound.ToArray();
        var superblock = XfsSuperblock.Parse(image, "superblock");
        var at = (int)superblock.ByteOfInode(inode);
        var tree = XfsBlocks.BlockOf(image, inode, magic => magic == TreeMagic);
        // One more level, which the first block cannot be.
        image[at + 176 + 1]++;
        XfsChecksum.Write(image.AsSpan(at, 512), XfsInode.ChecksumField);
        image[tree + 5]++;
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(tree + 72 + ((XfsBlocks.BlockSize - 72) / 16 * 8)), (ulong)tree / XfsBlocks.BlockSize);
        XfsBlocks.RepairBlock(image, tree);
        await using var fileSystem = await OpenAsync(image);
        await using var content = await fileSystem.OpenAsync((await fileSystem.FindAsync(fileSystem.Root, "very fragmented", default))!, default);
        Assert.That(async () => await ReaderFacts.HashAsync(content), Throws.TypeOf<GuestFileException>());
    }

    [TestCase("link", 0x58534C4Du, "link with inode")]
    [TestCase("attributes", 0x3BEEu, "attributes of inode")]
    [TestCase("attributes", 0x5841524Du, "attributes of inode")]
    public async Task A_damaged_target_or_attribute_is_named(string name, uint magic, string subject)
    {
        await using var fileSystem = await OpenAsync(Flip(XfsBlocks.BlockOf(_sound, await IdAsync(name), found => found == magic) + 300));
        var entry = (await fileSystem.FindAsync(fileSystem.Root, name, default))!;
        var exception = Assert.ThrowsAsync<GuestFileException>(async () =>
        {
            await fileSystem.ReadAttributesAsync(entry, default);
            await fileSystem.ReadLinkAsync(entry, default);
        });
        Assert.That(exception!.Message, Does.Contain(subject).And.Contain("wrong checksum"));
    }

    [Test]
    public async Task Attributes_whose_leaves_lead_in_a_circle_end()
    {
        var inode = await IdAsync("attributes");
        var image = _sound.ToArray();
        var leaf = XfsBlocks.BlockOf(image, inode, magic => magic == 0x3BEE);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(leaf), image.U32(leaf) == 0 ? 1 : image.U32(leaf));
        foreach (var other in Enumerable.Range(1, (image.Length / XfsBlocks.BlockSize) - 1).Select(block => block * XfsBlocks.BlockSize))
        {
            if (image.U16(other + 8) == 0x3BEE && image.U64(other + 48) == inode && image.U32(other) == 0)
            {
                BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(other), image.U32(leaf));
                XfsBlocks.RepairBlock(image, other);
            }
        }

        XfsBlocks.RepairBlock(image, leaf);
        await using var fileSystem = await OpenAsync(image);
        var entry = (await fileSystem.FindAsync(fileSystem.Root, "attributes", default))!;
        Assert.That(async () => await fileSystem.ReadAttributesAsync(entry, default), Throws.TypeOf<GuestFileException>());
    }

    [Test]
    public async Task A_directory_within_itself_is_entered_once()
    {
        var image = _sound.ToArray();
        var superblock = XfsSuperblock.Parse(image, "superblock");
        var inode = await IdAsync("short");
        var at = (int)superblock.ByteOfInode(inode);
        // The last of its names leads to the directory itself.
        var end = at + 176 + (int)image.U64(at + 56);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(end - 4), (uint)inode);
        XfsChecksum.Write(image.AsSpan(at, 512), XfsInode.ChecksumField);
        await using var fileSystem = await OpenAsync(image);
        var problems = new GuestProblems();
        Assert.That(await WalkAsync(fileSystem, problems), Has.Count.EqualTo(_count));
        Assert.That(problems.First.Single().Message, Does.Contain("not entered again"));
    }

    [Test]
    public async Task A_name_that_leads_out_of_its_directory_is_not_given()
    {
        var image = _sound.ToArray();
        var superblock = XfsSuperblock.Parse(image, "superblock");
        var at = (int)superblock.ByteOfInode(await IdAsync("short"));
        image[image.AsSpan(at, 512).IndexOf("000000-"u8) + at + 1] = (byte)'/';
        XfsChecksum.Write(image.AsSpan(at, 512), XfsInode.ChecksumField);
        await using var fileSystem = await OpenAsync(image);
        var problems = new GuestProblems();
        var entries = await WalkAsync(fileSystem, problems);
        Assert.That(entries.Where(entry => entry.Entry.Name.Contains('/')), Is.Empty);
        Assert.That(problems.Count, Is.EqualTo(1));
    }

    byte[] Flip(int at)
    {
        var image = _sound.ToArray();
        image[at] ^= 0x10;
        return image;
    }

    async Task<ulong> IdAsync(string name)
    {
        await using var fileSystem = await OpenAsync(_sound);
        return (await fileSystem.FindAsync(fileSystem.Root, name, default))!.Id;
    }

    static ValueTask<IGuestFileSystem> OpenAsync(byte[] image) => XfsFileSystem.OpenAsync(new MemoryBlockDevice(image), "image", CancellationToken.None);

    static async Task<List<GuestWalkEntry>> WalkAsync(IGuestFileSystem fileSystem, GuestProblems problems) =>
        await fileSystem.WalkAsync(fileSystem.Root, problems, CancellationToken.None).ToListAsync();
}
