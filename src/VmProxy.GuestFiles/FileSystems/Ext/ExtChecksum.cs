namespace VmProxy.GuestFiles;

/// <summary>The older checksums of ext4, beside <see cref="Crc32C"/> that is not inverted at its end: CRC-16 of group descriptors, big-endian CRC-32 of the journal's first form.</summary>
static class ExtChecksum
{
    const ushort Crc16Polynomial = 0xA001;
    const uint Crc32Polynomial = 0x04C1_1DB7;

    static readonly uint[] Crc32Table = MakeCrc32Table();

    /// <summary>Continues a CRC-16 (polynomial 0x8005, reflected).</summary>
    public static ushort Crc16(ushort crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (ushort)((crc & 1) != 0 ? (crc >> 1) ^ Crc16Polynomial : crc >> 1);
            }
        }

        return crc;
    }

    /// <summary>Continues a CRC-32 with its bits from the upper end, which the first form of journal checksums uses.</summary>
    public static uint Crc32BigEndian(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            crc = (crc << 8) ^ Crc32Table[(crc >> 24) ^ value];
        }

        return crc;
    }

    static uint[] MakeCrc32Table()
    {
        var table = new uint[256];
        for (uint value = 0; value < table.Length; value++)
        {
            var crc = value << 24;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 0x8000_0000) != 0 ? (crc << 1) ^ Crc32Polynomial : crc << 1;
            }

            table[value] = crc;
        }

        return table;
    }
}
