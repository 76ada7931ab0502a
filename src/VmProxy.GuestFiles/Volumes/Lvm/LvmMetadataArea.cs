using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>One area with metadata of a volume group: a header of 512 bytes, then a ring in which each new text is written behind the last (LVM2's lib/format_text/layout.h).</summary>
static class LvmMetadataArea
{
    const int HeaderSize = 512;
    const int FirstLocation = 40;
    const uint Ignored = 1;

    /// <summary>The text of a large group with thousands of volumes has a few MiB.</summary>
    const long MaxText = 32 * 1024 * 1024;

    /// <summary>The text that counts, or null where the area is empty or not in use.</summary>
    /// <exception cref="GuestFileException">The area is damaged.</exception>
    public static async ValueTask<byte[]?> ReadAsync(GuestReader reader, long offset, long size, string name, CancellationToken cancellationToken)
    {
        var what = $"metadata of {name}";
        var header = await reader.ReadAsync(offset, HeaderSize, what, cancellationToken).ConfigureAwait(false);
        if (!header.AsSpan(4, 16).SequenceEqual(" LVM2 x[5A%r0N*>"u8) || BinaryPrimitives.ReadUInt32LittleEndian(header) != LvmLabel.Check(header.AsSpan(4)))
        {
            throw GuestFileException.Damaged(name, $"The header of the metadata of {name} at byte {offset} is damaged.");
        }

        var location = header.AsSpan(FirstLocation);
        var (at, length) = (BinaryPrimitives.ReadInt64LittleEndian(location), BinaryPrimitives.ReadInt64LittleEndian(location[8..]));
        var (check, flags) = (BinaryPrimitives.ReadUInt32LittleEndian(location[16..]), BinaryPrimitives.ReadUInt32LittleEndian(location[20..]));
        if (at == 0 || (flags & Ignored) != 0)
        {
            return null;
        }

        if (at < HeaderSize || at >= size || length <= 0 || length > size - HeaderSize || length > MaxText)
        {
            throw GuestFileException.Damaged(name, $"The text of the metadata of {name} would lie at byte {at} of its area with {length} bytes.");
        }

        // The ring begins behind the header.
        var first = (int)Math.Min(length, size - at);
        var text = new byte[length];
        await reader.ReadAsync(offset + at, text.AsMemory(0, first), what, cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(offset + HeaderSize, text.AsMemory(first), what, cancellationToken).ConfigureAwait(false);
        return LvmLabel.Check(text) == check ? text
            : throw GuestFileException.Damaged(name, $"The text of the metadata of {name} does not match its check.");
    }
}
