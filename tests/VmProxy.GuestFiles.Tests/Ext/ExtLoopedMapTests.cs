using System.Buffers.Binary;
using System.Text;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ext;

/// <summary>Maps by blocks whose blocks of pointers lead again and again to the same blocks: a small image tells of files that are larger than any memory.</summary>
sealed class ExtLoopedMapTests
{
    const int BlockSize = 4096;
    const int JournalInode = 8;
    const int Folder = 12;
    const int Content = 15_000;
    const uint RevokeBlock = 5;
    const uint DescriptorBlock = 1;

    [Test]
    public async Task A_journal_that_is_longer_than_its_volume_is_not_replayed()
    {
        var bytes = await MakeAsync();
        SetJournal(bytes, 1 << 20, DescriptorBlock);
        Assert.That(await NotReplayedAsync(bytes), Does.Contain("spans blocks"));
    }

    [Test]
    public async Task A_journal_that_revokes_more_than_any_volume_has_is_replayed_in_part()
    {
        var bytes = await MakeAsync();
        SetJournal(bytes, 16_000, RevokeBlock);
        Assert.That(await NotReplayedAsync(bytes), Does.Contain("more changes than"));
    }

    [Test]
    public async Task A_folder_has_no_more_blocks_than_the_device()
    {
        var bytes = await MakeAsync();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(1024 + 0x4), uint.MaxValue);
        var inode = Inode(bytes, Folder);
        BinaryPrimitives.WriteUInt32LittleEndian(inode[4..], 0xFFFF_F000);
        Loop(bytes, inode, Content);
        var block = bytes.AsSpan(Content * BlockSize, BlockSize);
        block.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(block, 11);
        BinaryPrimitives.WriteUInt16LittleEndian(block[4..], BlockSize);
        block[6] = 4;
        Encoding.ASCII.GetBytes("name", block[8..]);

        await using var fileSystem = await ExtFileSystem.OpenAsync(new MemoryBlockDevice(bytes), "sda1", CancellationToken.None);
        var folder = (await fileSystem.FindAsync(fileSystem.Root, "folder", CancellationToken.None))!;
        var problems = new GuestProblems();
        var count = 0;
        await foreach (var _ in fileSystem.ListAsync(folder, problems, CancellationToken.None))
        {
            count++;
        }

        Assert.That(count, Is.LessThanOrEqualTo(bytes.Length / BlockSize));
        Assert.That(problems.First.Single().Message, Does.Contain("more directory blocks"));
    }

    [Test]
    public void Ranges_that_fast_commits_change_are_bounded()
    {
        var changes = new ExtMapChanges();
        Assert.That(
            () =>
            {
                for (var i = 100_000; i > 0; i--)
                {
                    changes.Set(2L * i, 1, 1);
                }
            },
            Throws.TypeOf<GuestFileException>().With.Message.Contains("ranges"));
    }

    static async Task<byte[]> MakeAsync()
    {
        using var image = await ExtImage.MakeAsync("-b 4096 -t ext4 -O ^metadata_csum,^extent,^64bit,^uninit_bg,^flex_bg -J size=4");
        await image.DebugAsync("mkdir folder");
        return await File.ReadAllBytesAsync(image.Path);
    }

    static async Task<string> NotReplayedAsync(byte[] bytes)
    {
        await using var fileSystem = await ExtFileSystem.OpenAsync(new MemoryBlockDevice(bytes), "sda1", CancellationToken.None);
        Assert.That(fileSystem.Findings.Select(finding => finding.Code), Is.EqualTo(new[] { GuestFileErrorCodes.LogNotReplayed }));
        return fileSystem.Findings[0].Message;
    }

    /// <summary>A journal of that many blocks, of which the first is its superblock and all others are one block of a kind that the log of the volume would have.</summary>
    static void SetJournal(byte[] bytes, uint length, uint kind)
    {
        const int Features = 0x60;
        const uint Recover = 4;
        var features = bytes.AsSpan(1024 + Features);
        BinaryPrimitives.WriteUInt32LittleEndian(features, BinaryPrimitives.ReadUInt32LittleEndian(features) | Recover);
        var inode = Inode(bytes, JournalInode);
        var superblock = BinaryPrimitives.ReadInt32LittleEndian(inode[0x28..]);
        foreach (var (at, value) in new[] { (0x10, length), (0x14, 1u), (0x18, 1u), (0x1C, 1u), (0x24, 0u), (0x28, 1u), (0x2C, 0u) })
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan((superblock * BlockSize) + at), value);
        }

        var size = (12 + 1024L + (1024 * 1024) + (1024 * 1024 * 1024)) * BlockSize;
        BinaryPrimitives.WriteUInt32LittleEndian(inode[4..], (uint)size);
        BinaryPrimitives.WriteUInt32LittleEndian(inode[0x6C..], (uint)(size >> 32));
        Loop(bytes, inode, superblock);

        var block = bytes.AsSpan(Content * BlockSize, BlockSize);
        block.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(block, JournalSuperblock.Magic);
        BinaryPrimitives.WriteUInt32BigEndian(block[4..], kind);
        BinaryPrimitives.WriteUInt32BigEndian(block[8..], 1);
        if (kind == DescriptorBlock)
        {
            // Tags with the mark that no identity follows; the last is marked so.
            for (var at = 12; at + 8 <= BlockSize; at += 8)
            {
                BinaryPrimitives.WriteUInt32BigEndian(block[at..], 100);
                BinaryPrimitives.WriteUInt16BigEndian(block[(at + 6)..], 2);
            }
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(block[12..], BlockSize);
            for (var at = 16; at < BlockSize; at += 4)
            {
                BinaryPrimitives.WriteUInt32BigEndian(block[at..], (uint)at);
            }
        }
    }

    /// <summary>Lets the map of an inode lead to one block, and then with all of its levels to <see cref="Content"/>.</summary>
    static void Loop(byte[] bytes, Span<byte> inode, int first)
    {
        var blocks = inode.Slice(0x28, 60);
        for (var i = 0; i < 12; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(blocks[(i * 4)..], i == 0 ? first : Content);
        }

        for (var level = 1; level <= 3; level++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(blocks[((11 + level) * 4)..], Content + level);
            for (var at = 0; at < BlockSize; at += 4)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(((Content + level) * BlockSize) + at), Content + level - 1);
            }
        }
    }

    static Span<byte> Inode(byte[] bytes, int number)
    {
        var table = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(BlockSize + 8));
        var size = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(1024 + 0x58));
        return bytes.AsSpan((table * BlockSize) + ((number - 1) * size), size);
    }
}
