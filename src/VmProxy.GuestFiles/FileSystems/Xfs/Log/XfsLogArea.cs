using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>The log as a ring of sectors of 512 bytes, the unit in which it counts itself.</summary>
sealed class XfsLogArea(IBlockDevice device, XfsSuperblock superblock)
{
    public const int Sector = 512;

    /// <summary>The first number of a record's head.</summary>
    public const uint Magic = 0xFEEDBABE;

    public XfsSuperblock Superblock { get; } = superblock;

    /// <summary>Sectors of the log.</summary>
    public int Sectors { get; } = (int)(superblock.LogBlocks << (superblock.BlockLog - 9));

    /// <summary>The largest record in bytes, without its head.</summary>
    public int MaxRecord => Superblock.HasLogVersion2 ? 256 * 1024 : 32 * 1024;

    /// <summary>Reads sectors, around the end when they reach it.</summary>
    public async ValueTask ReadAsync(int sector, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var start = Superblock.ByteOf(Superblock.LogStart);
        while (!buffer.IsEmpty)
        {
            sector %= Sectors;
            var part = buffer[..(int)Math.Min(buffer.Length, (long)(Sectors - sector) * Sector)];
            var offset = start + ((long)sector * Sector);
            if (offset > device.Length - part.Length)
            {
                throw GuestFileException.Damaged("log", $"The log reaches beyond the volume's {device.Length} bytes.");
            }

            await device.ReadAsync(offset, part, cancellationToken).ConfigureAwait(false);
            buffer = buffer[part.Length..];
            sector += part.Length / Sector;
        }
    }

    public async ValueTask<byte[]> ReadAsync(int sector, int sectors, CancellationToken cancellationToken)
    {
        var bytes = new byte[sectors * Sector];
        await ReadAsync(sector, bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    /// <summary>The round in which a sector was written: each begins with it, and the head of a record has it behind its signature.</summary>
    public static uint CycleOf(ReadOnlySpan<byte> sector) => sector.U32(0) == Magic ? sector.U32(4) : sector.U32(0);

    public async ValueTask<uint> CycleAtAsync(int sector, CancellationToken cancellationToken) =>
        CycleOf(await ReadAsync(sector, 1, cancellationToken).ConfigureAwait(false));
}
