using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>One of the two headers of a GPT (UEFI specification 2.10, 5.3.2), and the array of entries that it names.</summary>
sealed class GptHeader
{
    const int Size = 92;
    const int LeastEntry = 128;

    /// <summary>UEFI asks for 16 KiB; this is 32,768 entries.</summary>
    const long MaxArray = 4 * 1024 * 1024;

    GptHeader(int sectorSize, ReadOnlySpan<byte> header)
    {
        SectorSize = sectorSize;
        Alternate = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        ArrayAt = BinaryPrimitives.ReadInt64LittleEndian(header[72..]);
        Count = BinaryPrimitives.ReadUInt32LittleEndian(header[80..]);
        EntrySize = BinaryPrimitives.ReadUInt32LittleEndian(header[84..]);
        ArrayCheck = BinaryPrimitives.ReadUInt32LittleEndian(header[88..]);
    }

    public int SectorSize { get; }

    /// <summary>The sector of the other header.</summary>
    public long Alternate { get; }

    public uint EntrySize { get; }

    uint Count { get; }

    long ArrayAt { get; }

    uint ArrayCheck { get; }

    /// <summary>The header at a sector, or null where none is; <paramref name="claims"/> is told the other header's place by one that is damaged.</summary>
    public static async ValueTask<GptHeader?> ReadAsync(GuestReader reader, int sectorSize, long sector, Action<long>? claims, CancellationToken cancellationToken)
    {
        if (sector < 1 || sector > (reader.Device.Length / sectorSize) - 1)
        {
            return null;
        }

        var bytes = await reader.ReadAsync(sector * sectorSize, sectorSize, "GPT header", cancellationToken).ConfigureAwait(false);
        if (!bytes.AsSpan().StartsWith("EFI PART"u8))
        {
            return null;
        }

        if (IsSound(bytes, sector))
        {
            return new GptHeader(sectorSize, bytes);
        }

        claims?.Invoke(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(32)));
        return null;
    }

    /// <summary>The entries, whole and their check right; or null.</summary>
    public async ValueTask<(byte[] Bytes, bool IsSound)?> ReadEntriesAsync(GuestReader reader, CancellationToken cancellationToken)
    {
        var length = (long)Count * EntrySize;
        if (EntrySize < LeastEntry || EntrySize > MaxArray || length > MaxArray || ArrayAt < 1 || ArrayAt > (reader.Device.Length - length) / SectorSize)
        {
            return null;
        }

        var bytes = await reader.ReadAsync(ArrayAt * SectorSize, (int)length, "GPT entries", cancellationToken).ConfigureAwait(false);
        return (bytes, Crc32.Of(bytes) == ArrayCheck);
    }

    static bool IsSound(byte[] bytes, long sector)
    {
        var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(12));
        if (size < Size || size > bytes.Length || BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(24)) != sector)
        {
            return false;
        }

        // The check is made with its own field as zero.
        var check = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(16));
        var covered = bytes.AsSpan(0, (int)size).ToArray();
        covered.AsSpan(16, 4).Clear();
        return Crc32.Of(covered) == check;
    }
}
