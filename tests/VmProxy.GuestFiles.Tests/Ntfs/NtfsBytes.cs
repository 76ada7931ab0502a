using System.Buffers.Binary;
using VmProxy.Testing;

namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>An image's bytes in memory, to be damaged. The MFT of a small fresh image lies in one piece, and its records have 1 KiB.</summary>
sealed class NtfsBytes(byte[] bytes)
{
    public const int RecordSize = 1024;

    public byte[] Bytes => bytes;

    public int ClusterSize => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(0x0B)) * bytes[0x0D];

    public int Mft => (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(0x30)) * ClusterSize;

    public int Mirror => (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(0x38)) * ClusterSize;

    public static async Task<NtfsBytes> OfAsync(NtfsImage image) => new(await File.ReadAllBytesAsync(image.Path));

    public Span<byte> Record(ulong number) => bytes.AsSpan(Mft + ((int)number * RecordSize), RecordSize);

    /// <summary>An attribute of a record, or an empty span.</summary>
    public Span<byte> Attribute(ulong number, uint type)
    {
        var record = Record(number);
        for (int at = BinaryPrimitives.ReadUInt16LittleEndian(record[0x14..]); BinaryPrimitives.ReadUInt32LittleEndian(record[at..]) != uint.MaxValue;)
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(record[(at + 4)..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(record[at..]) == type)
            {
                return record.Slice(at, length);
            }

            at += length;
        }

        return default;
    }

    /// <summary>The data of $LogFile. That of a fresh image is one run: a byte of lengths, the number of clusters, the first cluster.</summary>
    public Span<byte> Log
    {
        get
        {
            var data = Attribute(2, 0x80);
            var runs = data[data[32]..];
            var (lengthBytes, clusterBytes) = (runs[0] & 0xF, runs[0] >> 4);
            Span<byte> cluster = stackalloc byte[8];
            runs.Slice(1 + lengthBytes, clusterBytes).CopyTo(cluster);
            return bytes.AsSpan((int)BinaryPrimitives.ReadInt64LittleEndian(cluster) * ClusterSize, (int)BinaryPrimitives.ReadInt64LittleEndian(data[48..]));
        }
    }

    /// <summary>The same image with another log.</summary>
    public NtfsBytes WithLog(byte[] log)
    {
        var other = new NtfsBytes((byte[])bytes.Clone());
        log.CopyTo(other.Log);
        return other;
    }

    /// <summary>Where structures with a signature lie, which is at multiples of 1 KiB.</summary>
    public IEnumerable<int> Structures(string signature)
    {
        for (var at = 0; at <= bytes.Length - RecordSize; at += RecordSize)
        {
            if (bytes.AsSpan(at).StartsWith(System.Text.Encoding.ASCII.GetBytes(signature)))
            {
                yield return at;
            }
        }
    }

    /// <summary>Makes update sequences match again, so that what is behind them is reached.</summary>
    public static void Repair(byte[] image)
    {
        for (var at = 0; at <= image.Length - RecordSize; at += RecordSize)
        {
            var block = image.AsSpan(at);
            if (!block.StartsWith("FILE"u8) && !block.StartsWith("INDX"u8) && !block.StartsWith("RSTR"u8) && !block.StartsWith("RCRD"u8))
            {
                continue;
            }

            var length = block[0] == 'F' ? RecordSize : Math.Min(4096, block.Length);
            var offset = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(block[4..]), (ushort)500);
            for (var end = 510; end < length; end += 512)
            {
                block.Slice(offset, 2).CopyTo(block[end..]);
            }
        }
    }

    public Task<OpenedNtfs> OpenAsync() => OpenedNtfs.OpenAsync(new MemoryBlockDevice(bytes));
}
