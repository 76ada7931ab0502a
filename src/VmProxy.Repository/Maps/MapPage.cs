using System.Buffers.Binary;

namespace VmProxy.Repository.Maps;

/// <summary>
/// A page with its references resolved. A patch page rests on a full page; <see cref="Full"/> is that page, or the page itself.
/// Trailing unused slots are absent; a missing slot is null.
/// </summary>
internal sealed class MapPage
{
    const byte FullKind = 1;
    const byte PatchKind = 2;
    const int HeaderLength = 4;
    const int PatchEntryLength = 2 + ChunkId.Size;
    readonly MapPage? _full;

    public MapPage(ChunkId id, int level, ChunkId[] slots, MapPage? full = null) => (Id, Level, Slots, _full) = (id, level, slots, full);

    public ChunkId Id { get; }

    public int Level { get; }

    public ChunkId[] Slots { get; }

    public MapPage Full => _full ?? this;

    public static int FullLength(int slots) => HeaderLength + (slots * ChunkId.Size);

    public static int PatchLength(int entries) => HeaderLength + ChunkId.Size + (entries * PatchEntryLength);

    public static byte[] EncodeFull(int level, ReadOnlySpan<ChunkId> slots)
    {
        var bytes = Begin(FullKind, level, slots.Length, FullLength(slots.Length));
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i].Write(bytes.AsSpan(HeaderLength + (i * ChunkId.Size)));
        }

        return bytes;
    }

    public static byte[] EncodePatch(MapPage full, ReadOnlySpan<ChunkId> slots, int entries)
    {
        var bytes = Begin(PatchKind, full.Level, entries, PatchLength(entries));
        full.Id.Write(bytes.AsSpan(HeaderLength));
        var position = HeaderLength + ChunkId.Size;
        for (var slot = 0; slot < slots.Length; slot++)
        {
            if (slots[slot] != full.Slots[slot])
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(position), (ushort)slot);
                slots[slot].Write(bytes.AsSpan(position + 2));
                position += PatchEntryLength;
            }
        }

        return bytes;
    }

    /// <summary>The id of the full page that a patch page rests on, or null for a full page.</summary>
    public static ChunkId? BaseOf(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderLength + ChunkId.Size && bytes[0] == PatchKind ? ChunkId.Read(bytes[HeaderLength..]) : null;

    /// <param name="id">The page's id.</param>
    /// <param name="level">The level that the page must be of.</param>
    /// <param name="bytes">The page.</param>
    /// <param name="full">The page that <see cref="BaseOf"/> named.</param>
    public static MapPage Decode(ChunkId id, int level, ReadOnlySpan<byte> bytes, MapPage? full)
    {
        var count = bytes.Length >= HeaderLength ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]) : -1;
        var kind = bytes.Length >= HeaderLength && bytes[1] == level ? bytes[0] : (byte)0;
        if (kind == FullKind && count <= MapShape.Slots(level) && bytes.Length == FullLength(count))
        {
            var slots = new ChunkId[count];
            for (var i = 0; i < count; i++)
            {
                slots[i] = ChunkId.Read(bytes[(HeaderLength + (i * ChunkId.Size))..]);
            }

            return new MapPage(id, level, slots);
        }

        return kind == PatchKind && full is { _full: null } && count <= MapShape.MaxPatchEntries && bytes.Length == PatchLength(count)
            ? new MapPage(id, level, Patch(id, full.Slots, bytes, count), full)
            : throw Malformed(id);
    }

    static ChunkId[] Patch(ChunkId id, ChunkId[] full, ReadOnlySpan<byte> bytes, int count)
    {
        ChunkId[] slots = [.. full];
        var last = -1;
        for (var position = HeaderLength + ChunkId.Size; count > 0; count--, position += PatchEntryLength)
        {
            var slot = BinaryPrimitives.ReadUInt16LittleEndian(bytes[position..]);
            if (slot <= last || slot >= slots.Length)
            {
                throw Malformed(id);
            }

            slots[slot] = ChunkId.Read(bytes[(position + 2)..]);
            last = slot;
        }

        return slots;
    }

    static RepositoryException Malformed(ChunkId id) =>
        RepositoryException.Damaged($"map page {id}", "The page is intact but not a page of the level where it is used.");

    static byte[] Begin(byte kind, int level, int count, int length)
    {
        var bytes = new byte[length];
        bytes[0] = kind;
        bytes[1] = (byte)level;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), (ushort)count);
        return bytes;
    }
}
