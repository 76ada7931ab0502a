using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// What fast commits changed, kept beside the structures on the disk: replaced inodes, ranges of maps, and names. A change that cannot be applied is counted, and the rest is
/// used, as the kernel does.
/// </summary>
sealed class ExtFastCommits(ExtVolume volume)
{
    const int BlockOffset = 0x28;
    const int GenerationOffset = 0x64;
    const int LinksOffset = 0x1A;
    const int FlagsOffset = 0x20;
    const int OldSize = 128;
    const ushort ExtentMagic = 0xF30A;
    const int MaxWritten = 32768;

    readonly Dictionary<uint, byte[]> _inodes = [];
    readonly Dictionary<uint, ExtMapChanges> _maps = [];
    readonly Dictionary<uint, Dictionary<string, uint>> _names = [];
    readonly HashSet<uint> _newDirectories = [];
    static readonly IReadOnlyDictionary<string, uint> None = new Dictionary<string, uint>();

    /// <summary>Changes that could not be applied.</summary>
    public int Skipped { get; set; }

    /// <summary>The bytes of a changed inode, or null.</summary>
    public byte[]? InodeOf(uint inode) => _inodes.GetValueOrDefault(inode);

    /// <summary>The changes to an inode's map, or null.</summary>
    public ExtMapChanges? ChangesOf(uint inode) => _maps.GetValueOrDefault(inode);

    /// <summary>Whether a directory was made by a fast commit: it has no blocks yet.</summary>
    public bool IsNewDirectory(uint inode) => _newDirectories.Contains(inode);

    /// <summary>Whether a name in a directory was added or taken away.</summary>
    public bool Changes(uint directory, string name) => _names.TryGetValue(directory, out var names) && names.ContainsKey(name);

    /// <summary>The names that were added to a directory.</summary>
    public IReadOnlyDictionary<string, uint> AddedTo(uint directory) =>
        _names.TryGetValue(directory, out var names) ? names.Where(name => name.Value != 0).ToDictionary(name => name.Key, name => name.Value) : None;

    public async ValueTask ReplaceInodeAsync(uint inode, ReadOnlyMemory<byte> raw, CancellationToken cancellationToken)
    {
        var bytes = await CurrentAsync(inode, cancellationToken).ConfigureAwait(false);
        if (raw.Length < OldSize || raw.Length > bytes.Length)
        {
            throw volume.Damaged($"inode {inode}", $"has {raw.Length} bytes in a fast commit");
        }

        raw.Span[..BlockOffset].CopyTo(bytes);
        raw.Span[GenerationOffset..].CopyTo(bytes.AsSpan(GenerationOffset));
        var flags = (ExtInodeFlags)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(FlagsOffset));
        var block = bytes.AsSpan(BlockOffset, ExtInode.BlockBytes);
        if (!flags.HasFlag(ExtInodeFlags.Extents))
        {
            if (flags.HasFlag(ExtInodeFlags.InlineData))
            {
                raw.Span.Slice(BlockOffset, ExtInode.BlockBytes).CopyTo(block);
            }
        }
        else if (BinaryPrimitives.ReadUInt16LittleEndian(block) != ExtentMagic)
        {
            block.Clear();
            BinaryPrimitives.WriteUInt16LittleEndian(block, ExtentMagic);
            BinaryPrimitives.WriteUInt16LittleEndian(block[4..], 4);
        }

        _inodes[inode] = bytes;
    }

    public async ValueTask AddRangeAsync(uint inode, ReadOnlyMemory<byte> extent, CancellationToken cancellationToken)
    {
        await CurrentAsync(inode, cancellationToken).ConfigureAwait(false);
        var (first, length, physical) = Extent(extent.Span);
        var isWritten = length <= MaxWritten;
        length = isWritten ? length : length - MaxWritten;
        if (length == 0 || physical <= 0 || physical > volume.Superblock.BlockCount - length)
        {
            throw volume.Damaged($"inode {inode}", $"has a range at block {physical} in a fast commit");
        }

        MapOf(inode).Set(first, length, isWritten ? physical : ContentPiece.Zero);
    }

    public void RemoveRange(uint inode, uint first, uint count) => MapOf(inode).Set(first, count, ContentPiece.Hole);

    public async ValueTask CreateAsync(uint directory, uint inode, string name, CancellationToken cancellationToken)
    {
        var bytes = await CurrentAsync(inode, cancellationToken).ConfigureAwait(false);
        if (new ExtInode(bytes, 0, bytes.Length, inode).Kind == GuestEntryKind.Directory)
        {
            _newDirectories.Add(inode);
        }

        NamesOf(directory)[name] = inode;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(LinksOffset), 1);
        _inodes[inode] = bytes;
    }

    public ValueTask LinkAsync(uint directory, uint inode, string name, CancellationToken cancellationToken) =>
        ChangeAsync(directory, inode, name, inode, 1, cancellationToken);

    public ValueTask UnlinkAsync(uint directory, uint inode, string name, CancellationToken cancellationToken) =>
        ChangeAsync(directory, inode, name, 0, -1, cancellationToken);

    async ValueTask ChangeAsync(uint directory, uint inode, string name, uint target, int links, CancellationToken cancellationToken)
    {
        NamesOf(directory)[name] = target;
        var bytes = await CurrentAsync(inode, cancellationToken).ConfigureAwait(false);
        var count = Math.Clamp(BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(LinksOffset)) + links, 0, ushort.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(LinksOffset), (ushort)count);
        _inodes[inode] = bytes;
    }

    /// <summary>A copy of an inode's bytes as they are now; what lies on the disk need not match its checksum.</summary>
    async ValueTask<byte[]> CurrentAsync(uint inode, CancellationToken cancellationToken) =>
        InodeOf(inode) is { } bytes ? bytes : (await volume.Inodes.ReadRawAsync(inode, cancellationToken).ConfigureAwait(false)).Span.ToArray();

    static (uint First, int Length, long Physical) Extent(ReadOnlySpan<byte> extent) => (
        BinaryPrimitives.ReadUInt32LittleEndian(extent),
        BinaryPrimitives.ReadUInt16LittleEndian(extent[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(extent[8..]) | ((long)BinaryPrimitives.ReadUInt16LittleEndian(extent[6..]) << 32));

    ExtMapChanges MapOf(uint inode) => _maps.TryGetValue(inode, out var map) ? map : _maps[inode] = new ExtMapChanges();

    Dictionary<string, uint> NamesOf(uint directory) => _names.TryGetValue(directory, out var names) ? names : _names[directory] = new Dictionary<string, uint>(StringComparer.Ordinal);
}
