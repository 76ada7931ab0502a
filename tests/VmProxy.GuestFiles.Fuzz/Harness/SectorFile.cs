using System.Buffers.Binary;

namespace VmProxy.GuestFiles.Fuzz.Harness;

/// <summary>
/// A disk in a small file: the number of its sectors (4 bytes), then pieces: first sector (4 bytes), number of sectors (2 bytes), and their content. Integers are
/// little-endian, sectors have 512 bytes. What no piece holds is zeros. Whatever the bytes are, they are a disk: what lies outside of it is left out, what is cut off is zeros.
/// </summary>
static class SectorFile
{
    public const int SectorSize = 512;

    const int MaxSectors = 64 * 1024 * 1024 / SectorSize;
    const int HeadSize = sizeof(uint);
    const int PieceHeadSize = sizeof(uint) + sizeof(ushort);

    public static SectorDisk Unpack(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeadSize)
        {
            return new SectorDisk(SectorSize);
        }

        var disk = new SectorDisk(Math.Clamp(BinaryPrimitives.ReadUInt32LittleEndian(file), 1, MaxSectors) * (long)SectorSize);
        file = file[HeadSize..];
        while (file.Length > PieceHeadSize)
        {
            var first = BinaryPrimitives.ReadUInt32LittleEndian(file);
            var count = BinaryPrimitives.ReadUInt16LittleEndian(file[sizeof(uint)..]);
            file = file[PieceHeadSize..];
            var piece = file[..Math.Min(count * SectorSize, file.Length)];
            disk.Write(first * (long)SectorSize, piece);
            file = file[piece.Length..];
        }

        return disk;
    }

    public static byte[] Pack(ReadOnlySpan<byte> image)
    {
        using var file = new MemoryStream();
        Span<byte> head = stackalloc byte[PieceHeadSize];
        var sectors = image.Length / SectorSize;
        BinaryPrimitives.WriteInt32LittleEndian(head, sectors);
        file.Write(head[..HeadSize]);
        for (var sector = 0; sector < sectors;)
        {
            var end = sector;
            while (end < sectors && end - sector < ushort.MaxValue && image.Slice(end * SectorSize, SectorSize).ContainsAnyExcept((byte)0))
            {
                end++;
            }

            if (end > sector)
            {
                BinaryPrimitives.WriteInt32LittleEndian(head, sector);
                BinaryPrimitives.WriteUInt16LittleEndian(head[sizeof(uint)..], (ushort)(end - sector));
                file.Write(head);
                file.Write(image[(sector * SectorSize)..(end * SectorSize)]);
            }

            sector = Math.Max(end, sector + 1);
        }

        return file.ToArray();
    }
}
