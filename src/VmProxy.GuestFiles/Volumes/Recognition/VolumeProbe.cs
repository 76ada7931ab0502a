using System.Buffers.Binary;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>The beginning of a volume, where nearly all signatures lie, and a way to read the rest. What lies beyond the volume's end reads as zeros.</summary>
sealed class VolumeProbe
{
    /// <summary>The furthest signature at the beginning is that of UFS2, at 66,908.</summary>
    const int HeadLength = 72 * 1024;

    readonly IBlockDevice _device;
    readonly byte[] _head;

    VolumeProbe(IBlockDevice device, byte[] head)
    {
        _device = device;
        _head = head;
    }

    /// <summary>Bytes of the volume.</summary>
    public long Length => _device.Length;

    /// <summary>Reads the beginning.</summary>
    public static async ValueTask<VolumeProbe> ReadAsync(IBlockDevice device, CancellationToken cancellationToken)
    {
        var head = new byte[HeadLength];
        await device.ReadAsync(0, head.AsMemory(0, (int)Math.Min(head.Length, device.Length)), cancellationToken).ConfigureAwait(false);
        return new VolumeProbe(device, head);
    }

    /// <summary>A part of the beginning.</summary>
    public ReadOnlySpan<byte> Head(int offset, int length) => _head.AsSpan(offset, length);

    /// <summary>Whether the beginning has these bytes there.</summary>
    public bool Has(int offset, ReadOnlySpan<byte> magic) => Head(offset, magic.Length).SequenceEqual(magic);

    /// <summary>A number at the beginning, low byte first.</summary>
    public ushort U16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(Head(offset, 2));

    /// <summary>A number at the beginning, low byte first.</summary>
    public uint U32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(Head(offset, 4));

    /// <summary>A number at the beginning, low byte first.</summary>
    public ulong U64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(Head(offset, 8));

    /// <summary>A number at the beginning, high byte first.</summary>
    public uint BigU32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(Head(offset, 4));

    /// <summary>Bytes from anywhere, or null when they do not all lie on the volume.</summary>
    public async ValueTask<byte[]?> ReadAsync(long offset, int length, CancellationToken cancellationToken)
    {
        if (offset < 0 || offset > Length - length)
        {
            return null;
        }

        var bytes = new byte[length];
        await _device.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }
}
