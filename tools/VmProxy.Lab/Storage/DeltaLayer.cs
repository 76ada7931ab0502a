using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace VmProxy.Lab.Storage;

/// <summary>
/// A redo log in the COWD form (vmfsSparse) that ESXi writes on VMFS 5: sector-sized grains, tables of 4096 entries, written
/// through, so that another program can read the chain at any time. The lab has its own writer so that a mistake in the
/// product's reader cannot cancel itself out; qemu-img judges both.
/// </summary>
internal sealed class DeltaLayer : DiskLayer
{
    const int SectorSize = 512;
    const int HeaderSectors = 4;
    const int TableEntries = 4096;
    const int TableSectors = TableEntries * sizeof(uint) / SectorSize;
    const int NextFreeField = 0x1c;
    const int ParentNameField = 0x20;

    readonly uint[] _directory;
    readonly uint[]?[] _tables;
    uint _nextFree;

    DeltaLayer(LayerFiles files, long length, SpaceAccount space, SafeFileHandle extent)
        : base(files, length, space, extent)
    {
        var sectors = length / SectorSize;
        _directory = new uint[(sectors + TableEntries - 1) / TableEntries];
        _tables = new uint[_directory.Length][];
        _nextFree = (uint)(HeaderSectors + ((_directory.Length * sizeof(uint)) + SectorSize - 1) / SectorSize);
    }

    protected override string ExtentType => "VMFSSPARSE";

    protected override string CreateType => "vmfsSparse";

    /// <summary>Makes an empty redo log upon a link, or throws <see cref="DatastoreFullException"/> and leaves nothing.</summary>
    public static DeltaLayer Create(LayerFiles files, DiskLayer parent, SpaceAccount space)
    {
        var extent = File.OpenHandle(files.ExtentPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var layer = new DeltaLayer(files, parent.Length, space, extent);
        try
        {
            layer.Claim(layer._nextFree * (long)SectorSize);
            layer.WriteHeader(parent);
            layer.PlaceUpon(parent);
            return layer;
        }
        catch
        {
            layer.Delete();
            throw;
        }
    }

    public override void Read(long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var (sector, within) = Math.DivRem(offset, SectorSize);
            var (entry, sectors) = RunAt(sector, (within + buffer.Length + SectorSize - 1) / SectorSize);
            var count = (int)Math.Min(buffer.Length, (sectors * SectorSize) - within);
            if (entry == 0)
            {
                Parent!.Read(offset, buffer[..count]);
            }
            else
            {
                SparseFile.Fill(Extent, (entry * (long)SectorSize) + within, buffer[..count]);
            }

            offset += count;
            buffer = buffer[count..];
        }
    }

    public override IEnumerable<ByteRange> Allocated()
    {
        for (var table = 0; table < _tables.Length; table++)
        {
            if (_tables[table] is not { } entries)
            {
                continue;
            }

            for (var first = 0; first < TableEntries;)
            {
                var last = first;
                while (last < TableEntries && (entries[last] == 0) == (entries[first] == 0))
                {
                    last++;
                }

                if (entries[first] != 0)
                {
                    yield return new ByteRange((((long)table * TableEntries) + first) * SectorSize, (last - first) * (long)SectorSize);
                }

                first = last;
            }
        }
    }

    protected override void WriteExtent(long offset, ReadOnlySpan<byte> data)
    {
        Span<byte> whole = stackalloc byte[SectorSize];
        while (!data.IsEmpty)
        {
            var (sector, within) = Math.DivRem(offset, SectorSize);
            if (within != 0 || data.Length < SectorSize)
            {
                var count = (int)Math.Min(data.Length, SectorSize - within);
                Read(sector * SectorSize, whole);
                data[..count].CopyTo(whole[(int)within..]);
                WriteSectors(sector, whole);
                offset += count;
                data = data[count..];
            }
            else
            {
                var written = WriteSectors(sector, data[..(data.Length / SectorSize * SectorSize)]);
                offset += written;
                data = data[written..];
            }
        }
    }

    /// <summary>Writes the first stretch that lies in one run of the log and returns its length in bytes.</summary>
    int WriteSectors(long sector, ReadOnlySpan<byte> data)
    {
        var (entry, sectors) = RunAt(sector, data.Length / SectorSize);
        var count = (int)Math.Min(data.Length, sectors * SectorSize);
        RandomAccess.Write(Extent, data[..count], (entry == 0 ? AllocateRun(sector, (int)sectors) : entry) * (long)SectorSize);
        return count;
    }

    /// <summary>The log's sector for a disk sector (0 when the log lacks it), and for how many sectors that goes on.</summary>
    (uint Entry, long Sectors) RunAt(long sector, long limit)
    {
        var (table, index) = Math.DivRem(sector, TableEntries);
        var most = Math.Min(limit, TableEntries - index);
        if (_tables[table] is not { } entries)
        {
            return (0, most);
        }

        var entry = entries[index];
        var run = 1;
        while (run < most && entries[index + run] == (entry == 0 ? 0 : entry + (uint)run))
        {
            run++;
        }

        return (entry, run);
    }

    uint AllocateRun(long sector, int sectors)
    {
        var (table, index) = ((int)(sector / TableEntries), (int)(sector % TableEntries));
        Claim((sectors + (_tables[table] is null ? TableSectors : 0)) * (long)SectorSize);
        var entries = _tables[table] ??= AddTable(table);
        var first = _nextFree;
        for (var i = 0; i < sectors; i++)
        {
            entries[index + i] = first + (uint)i;
        }

        _nextFree += (uint)sectors;
        WriteNumbers(entries.AsSpan(index, sectors), (_directory[table] * (long)SectorSize) + (index * sizeof(uint)));
        WriteNumbers([_nextFree], NextFreeField);
        return first;
    }

    uint[] AddTable(int table)
    {
        _directory[table] = _nextFree;
        _nextFree += TableSectors;
        RandomAccess.Write(Extent, new byte[TableSectors * SectorSize], _directory[table] * (long)SectorSize);
        WriteNumbers([_directory[table]], (HeaderSectors * SectorSize) + (table * sizeof(uint)));
        return new uint[TableEntries];
    }

    void WriteHeader(DiskLayer parent)
    {
        var header = new byte[HeaderSectors * SectorSize];
        "COWD"u8.CopyTo(header);
        uint[] fields = [1, 3, (uint)(Length / SectorSize), 1, HeaderSectors, (uint)_directory.Length, _nextFree];
        for (var i = 0; i < fields.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4 + (i * 4)), fields[i]);
        }

        Encoding.UTF8.GetBytes(parent.Files.Name + ".vmdk").CopyTo(header, ParentNameField);
        RandomAccess.Write(Extent, header, 0);
        RandomAccess.SetLength(Extent, _nextFree * (long)SectorSize);
    }

    /// <summary>The format is little-endian, and so is every machine that the lab runs on.</summary>
    void WriteNumbers(ReadOnlySpan<uint> numbers, long position) => RandomAccess.Write(Extent, MemoryMarshal.AsBytes(numbers), position);
}
