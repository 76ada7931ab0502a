using System.Runtime.CompilerServices;
using VmProxy.Blocks;
using VmProxy.Engine.Files.Targets;
using VmProxy.GuestFiles;
using VmProxy.Testing;

namespace VmProxy.Engine.Tests.Files;

/// <summary>An entry that no file system gave: names that a sound one never holds can be tried with it.</summary>
sealed class TestEntry : GuestEntry
{
    static readonly GuestTime Then = new(1_700_000_000, 123_456_789);

    public static FileItem File(string path, byte[] bytes, int mode = 0b110_100_000, ulong id = 1) => new(path, Make(path, GuestEntryKind.File, mode, id, bytes.Length))
    {
        Content = new MemoryBlockDevice(bytes),
    };

    public static FileItem Folder(string path, int mode = 0b111_101_000) => new(path, Make(path, GuestEntryKind.Directory, mode, 2, 0));

    public static FileItem Link(string path, string target) => new(path, Make(path, GuestEntryKind.SymbolicLink, 0b111_111_111, 3, target.Length)) { LinkTarget = target };

    public static FileItem Special(string path, GuestEntryKind kind) => new(path, Make(path, kind, 0b110_000_000, 4, 0));

    /// <summary>An entry whose own name is another than the end of its path.</summary>
    public static FileItem Named(string name, string path) => new(path, new TestEntry { Name = name, Id = 5, Kind = GuestEntryKind.File, Modified = Then }) { Content = new MemoryBlockDevice([1]) };

    /// <summary>The item as one that was changed at another time and belongs to others.</summary>
    public static FileItem With(FileItem item, GuestTime modified, uint owner, uint group) =>
        item with { Entry = new TestEntry { Name = item.Entry.Name, Id = 6, Kind = item.Entry.Kind, Mode = item.Entry.Mode, Modified = modified, Owner = owner, Group = group } };

    static TestEntry Make(string path, GuestEntryKind kind, int mode, ulong id, long size) => new()
    {
        Name = path.Split('/')[^1], Id = id, Kind = kind, Size = size, Mode = mode, Owner = 1234, Group = 4321, Modified = Then, Accessed = Then, Changed = Then,
    };
}

/// <summary>A content that is one hole.</summary>
sealed class EmptySpace(long length) : IBlockDevice
{
    public long Length => length;

    public int SectorSize => 512;

    public int PreferredReadSize => 65536;

    public int MaxInFlight => 4;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        buffer.Span.Clear();
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield return new BlockRun(offset, length, BlockRunKind.Hole);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A content that breaks off.</summary>
sealed class BrokenContent(long length, long breaksAt) : IBlockDevice
{
    public long Length => length;

    public int SectorSize => 512;

    public int PreferredReadSize => 65536;

    public int MaxInFlight => 4;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        buffer.Span.Fill(7);
        return offset + buffer.Length > breaksAt ? throw GuestFileException.Damaged("inode 12", "Its extent tree is damaged.") : ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield return new BlockRun(offset, length, BlockRunKind.Data);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
