using System.Buffers.Binary;
using System.Security.Cryptography;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Index;

/// <summary>What a segment says of itself, proved as a whole when it is opened: sizes, packs, superseded segments and where its tables are.</summary>
internal sealed record SegmentHead(RandomId Id, int Count, int FilterLines, PackInfo[] Packs, RandomId[] Superseded, int Filter, int BlockTable, int FilterTable)
{
    /// <exception cref="RepositoryException">REPO_DAMAGED, REPO_UNSUPPORTED_VERSION.</exception>
    public static SegmentHead Read(string name, ReadOnlySpan<byte> bytes, byte[] key)
    {
        if (bytes.Length < SegmentLayout.HeaderLength + SegmentLayout.FooterLength || !bytes.StartsWith(SegmentLayout.Magic))
        {
            throw RepositoryException.Damaged(name, "The index segment's header is damaged.");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) != SegmentLayout.Version)
        {
            throw new RepositoryException(RepositoryErrorCodes.UnsupportedVersion, name, $"The index segment '{name}' is of a version that this program does not know.");
        }

        var footer = bytes[^SegmentLayout.FooterLength..];
        var count = BinaryPrimitives.ReadUInt32LittleEndian(footer);
        var packs = BinaryPrimitives.ReadUInt32LittleEndian(footer[4..]);
        var superseded = BinaryPrimitives.ReadUInt32LittleEndian(footer[8..]);
        var lines = BinaryPrimitives.ReadUInt32LittleEndian(footer[12..]);
        var blockTable = 0L;
        var filterTable = 0L;
        var filter = 0L;
        var fits = count <= int.MaxValue / SegmentLayout.RecordLength && lines <= int.MaxValue / SegmentFilter.LineLength
            && BinaryPrimitives.ReadUInt32LittleEndian(footer[16..]) == SegmentLayout.RecordsPerBlock
            && BinaryPrimitives.ReadUInt32LittleEndian(footer[20..]) == SegmentFilter.LinesPerBlock;
        if (fits)
        {
            filter = SegmentLayout.FilterOffset((int)count);
            var packTable = filter + ((long)lines * SegmentFilter.LineLength);
            blockTable = packTable + ((long)packs * SegmentLayout.PackLength) + ((long)superseded * RandomId.Size);
            filterTable = blockTable + ((long)SegmentLayout.Blocks((int)count) * SegmentLayout.BlockEntryLength);
            fits = filterTable + ((long)SegmentFilter.Blocks((int)lines) * SegmentLayout.SealLength) + SegmentLayout.FooterLength == bytes.Length
                && IsProved(bytes, key, (int)count, (int)packTable);
        }

        if (!fits || !ObjectNames.TryParse(name, out var id) || id != RandomId.Read(bytes[8..]))
        {
            throw RepositoryException.Damaged(name, "The index segment does not match its checksum.");
        }

        var tables = bytes[(int)(filter + (lines * SegmentFilter.LineLength))..(int)blockTable];
        return new SegmentHead(
            id, (int)count, (int)lines, ReadPacks(tables, (int)packs, name), ReadSuperseded(tables[((int)packs * SegmentLayout.PackLength)..]),
            (int)filter, (int)blockTable, (int)filterTable);
    }

    /// <summary>Everything but the records and the filter, which have seals of their own.</summary>
    static bool IsProved(ReadOnlySpan<byte> bytes, byte[] key, int count, int packTable)
    {
        Span<byte> hash = stackalloc byte[SegmentLayout.SealLength];
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(bytes[..SegmentLayout.HeaderLength]);
        hmac.AppendData(bytes[(SegmentLayout.HeaderLength + (count * SegmentLayout.RecordLength))..(int)SegmentLayout.FilterOffset(count)]);
        hmac.AppendData(bytes[packTable..^SegmentLayout.SealLength]);
        hmac.GetHashAndReset(hash);
        return CryptographicOperations.FixedTimeEquals(hash, bytes[^SegmentLayout.SealLength..]);
    }

    static PackInfo[] ReadPacks(ReadOnlySpan<byte> table, int count, string name)
    {
        var packs = new PackInfo[count];
        for (var i = 0; i < count; i++)
        {
            var entry = table.Slice(i * SegmentLayout.PackLength, SegmentLayout.PackLength);
            var (kind, seal) = ((PackKind)entry[20], (SealKind)entry[21]);
            if (!PackHeader.IsKnown(kind, seal))
            {
                throw new RepositoryException(RepositoryErrorCodes.UnsupportedVersion, name, $"The index segment '{name}' names a kind of pack that this program does not know.");
            }

            var header = new PackHeader(RandomId.Read(entry), kind, seal, BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]));
            packs[i] = new PackInfo(header, BinaryPrimitives.ReadInt64LittleEndian(entry[24..]));
        }

        return packs;
    }

    static RandomId[] ReadSuperseded(ReadOnlySpan<byte> table)
    {
        var superseded = new RandomId[table.Length / RandomId.Size];
        for (var i = 0; i < superseded.Length; i++)
        {
            superseded[i] = RandomId.Read(table[(i * RandomId.Size)..]);
        }

        return superseded;
    }
}
