using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace VmProxy.Blocks.Tests.Vmdk.Sparse;

/// <summary>
/// Hosted sparse images as other products write them, made here from the format's description: qemu-img, which makes neither small grains nor
/// a directory at the end, judges them. Places are sectors.
/// </summary>
sealed class SparseImage
{
    public const int Sector = 512;
    public const int DescriptorSector = 1;
    public const int DescriptorSectors = 20;
    public const int TableEntries = 512;

    readonly List<byte> _file = [];
    readonly byte[] _content;
    readonly int _grainBytes;

    SparseImage(byte[] content, int grainSectors)
    {
        _content = content;
        _grainBytes = grainSectors * Sector;
    }

    /// <summary>The grain directory, and the redundant one where there is one.</summary>
    public int Directory { get; private set; }

    public int Redundant { get; private set; }

    /// <summary>Where each grain lies by its number, of compressed ones the marker.</summary>
    public SortedDictionary<int, int> Grains { get; } = [];

    int GrainCount => (_content.Length + _grainBytes - 1) / _grainBytes;

    int TableCount => (GrainCount + TableEntries - 1) / TableEntries;

    public byte[] ToArray() => [.. _file];

    /// <summary>As monolithicSparse: directories and tables twice, in front of plain grains.</summary>
    public static SparseImage Plain(byte[] content, int grainSectors)
    {
        var image = new SparseImage(content, grainSectors);
        var directorySectors = Sectors(image.TableCount * 4);
        image.Redundant = DescriptorSector + DescriptorSectors;
        image.Directory = image.Redundant + directorySectors + (image.TableCount * 4);
        var firstGrain = image.Directory + directorySectors + (image.TableCount * 4);
        image.WriteHeader(0, version: 1, flags: 3, (ulong)image.Directory, compression: 0);
        image.WriteDescriptor("monolithicSparse");
        image.SetLength(firstGrain * Sector);
        for (var grain = 0; grain < image.GrainCount; grain++)
        {
            if (image.Content(grain) is { } bytes)
            {
                image.Grains.Add(grain, image._file.Count / Sector);
                image.Append(bytes);
                image.SetLength((image.Grains[grain] * Sector) + image._grainBytes);
            }
        }

        foreach (var directory in (int[])[image.Redundant, image.Directory])
        {
            for (var table = 0; table < image.TableCount; table++)
            {
                var at = directory + directorySectors + (table * 4);
                image.Put((directory * Sector) + (table * 4), (uint)at);
                image.WriteTable(at, table);
            }
        }

        return image;
    }

    /// <summary>As an OVF export: a stream that knows where its directory is only at its end.</summary>
    public static SparseImage Stream(byte[] content, int grainSectors)
    {
        const uint Flags = 0x30001;
        var image = new SparseImage(content, grainSectors);
        image.WriteHeader(0, version: 3, Flags, ulong.MaxValue, compression: 1);
        image.WriteDescriptor("streamOptimized");
        image.SetLength(128 * Sector);
        var tables = new int[image.TableCount];
        for (var table = 0; table < image.TableCount; table++)
        {
            var last = Math.Min(image.GrainCount, (table + 1) * TableEntries);
            for (var grain = table * TableEntries; grain < last; grain++)
            {
                if (image.Content(grain) is { } bytes)
                {
                    image.WriteGrain(grain, bytes);
                }
            }

            if (image.Grains.Keys.Any(grain => grain / TableEntries == table))
            {
                tables[table] = image.WriteMarker(4, type: 1);
                image.WriteTable(tables[table], table);
            }
        }

        image.Directory = image.WriteMarker((ulong)Sectors(tables.Length * 4), type: 2);
        for (var table = 0; table < tables.Length; table++)
        {
            image.Put((image.Directory * Sector) + (table * 4), (uint)tables[table]);
        }

        image.Pad();
        var footer = image.WriteMarker(1, type: 3);
        image.WriteHeader(footer, version: 3, Flags, (ulong)image.Directory, compression: 1);
        image.WriteMarker(0, type: 0);
        return image;
    }

    static int Sectors(int bytes) => (bytes + Sector - 1) / Sector;

    /// <summary>A grain's bytes, or null when they are zeros.</summary>
    byte[]? Content(int grain)
    {
        var start = grain * _grainBytes;
        var bytes = _content.AsSpan(start, Math.Min(_grainBytes, _content.Length - start));
        return bytes.ContainsAnyExcept((byte)0) ? bytes.ToArray() : null;
    }

    void WriteGrain(int grain, byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        Grains.Add(grain, _file.Count / Sector);
        Span<byte> marker = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(marker, (ulong)grain * (ulong)_grainBytes / Sector);
        BinaryPrimitives.WriteUInt32LittleEndian(marker[8..], (uint)packed.Length);
        Append(marker);
        Append(packed.ToArray());
        Pad();
    }

    /// <summary>Writes a marker at the end and returns where what it announces goes.</summary>
    int WriteMarker(ulong value, uint type)
    {
        Span<byte> marker = stackalloc byte[Sector];
        BinaryPrimitives.WriteUInt64LittleEndian(marker, value);
        BinaryPrimitives.WriteUInt32LittleEndian(marker[12..], type);
        Append(marker);
        return _file.Count / Sector;
    }

    void WriteTable(int at, int table)
    {
        Span<byte> bytes = stackalloc byte[TableEntries * 4];
        foreach (var (grain, sector) in Grains.Where(pair => pair.Key / TableEntries == table))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(grain % TableEntries * 4)..], (uint)sector);
        }

        Put(at * Sector, bytes);
    }

    void WriteHeader(int at, uint version, uint flags, ulong directory, ushort compression)
    {
        var bytes = new byte[Sector];
        "KDMV"u8.CopyTo(bytes);
        Span<byte> span = bytes;
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x04..], version);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x08..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(span[0x0C..], (ulong)_content.Length / Sector);
        BinaryPrimitives.WriteUInt64LittleEndian(span[0x14..], (ulong)_grainBytes / Sector);
        BinaryPrimitives.WriteUInt64LittleEndian(span[0x1C..], DescriptorSector);
        BinaryPrimitives.WriteUInt64LittleEndian(span[0x24..], DescriptorSectors);
        BinaryPrimitives.WriteUInt32LittleEndian(span[0x2C..], TableEntries);
        BinaryPrimitives.WriteUInt64LittleEndian(span[0x30..], (ulong)Redundant);
        BinaryPrimitives.WriteUInt64LittleEndian(span[0x38..], directory);
        BinaryPrimitives.WriteUInt64LittleEndian(span[0x40..], 128);
        new byte[] { 0x0A, 0x20, 0x0D, 0x0A }.CopyTo(bytes, 0x49);
        BinaryPrimitives.WriteUInt16LittleEndian(span[0x4D..], compression);
        Put(at * Sector, bytes);
    }

    /// <summary>The name in the extent line is not the file's: a download has another.</summary>
    void WriteDescriptor(string type)
    {
        Put(DescriptorSector * Sector, Encoding.UTF8.GetBytes(
            $"# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType=\"{type}\"\n"
            + $"RW {_content.Length / Sector} SPARSE \"call-me-stream.vmdk\"\nddb.adapterType = \"lsilogic\"\n"));
    }

    void Put(int offset, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Put(offset, bytes);
    }

    void Put(int offset, ReadOnlySpan<byte> bytes)
    {
        SetLength(Math.Max(_file.Count, offset + bytes.Length));
        bytes.CopyTo(CollectionsMarshal.AsSpan(_file)[offset..]);
    }

    void Append(ReadOnlySpan<byte> bytes) => Put(_file.Count, bytes);

    void SetLength(int length)
    {
        var before = _file.Count;
        CollectionsMarshal.SetCount(_file, length);
        CollectionsMarshal.AsSpan(_file)[before..].Clear();
    }

    void Pad() => SetLength((_file.Count + Sector - 1) / Sector * Sector);
}
