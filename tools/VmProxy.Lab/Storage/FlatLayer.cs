namespace VmProxy.Lab.Storage;

/// <summary>The bottom of a chain: one extent of raw bytes, thick, thin or the mapped LUN of a raw device mapping.</summary>
internal sealed class FlatLayer : DiskLayer
{
    /// <summary>A VMFS file block: what a thin disk grows by, and the grain of its allocated areas.</summary>
    public const int AllocationUnit = 1 << 20;

    readonly bool _thin;
    BlockStamps _allocated;

    FlatLayer(LayerFiles files, long length, bool thin, SpaceAccount space, Microsoft.Win32.SafeHandles.SafeFileHandle extent)
        : base(files, length, space, extent)
    {
        _thin = thin;
        _allocated = new BlockStamps(length, AllocationUnit);
    }

    public bool Thin => _thin;

    protected override string ExtentType => Files.Suffix.StartsWith("rdm", StringComparison.Ordinal) ? "VMFSRDM" : "VMFS";

    protected override string CreateType => Files.Suffix switch
    {
        "rdm" => "vmfsRawDeviceMap",
        "rdmp" => "vmfsPassthroughRawDeviceMap",
        _ => "vmfs",
    };

    protected override IEnumerable<string> DiskData => _thin ? ["ddb.thinProvisioned = \"1\""] : [];

    /// <summary>Makes the extent when it does not exist, and learns which parts of an existing one hold data.</summary>
    public static FlatLayer Create(LayerFiles files, long length, bool thin, SpaceAccount space)
    {
        var extent = File.OpenHandle(files.ExtentPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var layer = new FlatLayer(files, length, thin, space, extent);
        try
        {
            foreach (var range in SparseFile.DataRanges(extent))
            {
                layer.Allocate(range.Start, range.Length);
            }

            RandomAccess.SetLength(extent, length);
            layer.Claim(thin ? 0 : length);
            layer.WriteDescriptor();
            return layer;
        }
        catch
        {
            layer.Dispose();
            throw;
        }
    }

    public override void Read(long offset, Span<byte> buffer) => SparseFile.Fill(Extent, offset, buffer);

    public override IEnumerable<ByteRange> Allocated() => _allocated.Newer(0);

    protected override void WriteExtent(long offset, ReadOnlySpan<byte> data)
    {
        Allocate(offset, data.Length);
        RandomAccess.Write(Extent, data, offset);
    }

    /// <summary>Grows the disk; the new part reads as zeros.</summary>
    public void Extend(long length)
    {
        Claim(_thin ? 0 : length - Length);
        var allocated = new BlockStamps(length, AllocationUnit);
        foreach (var range in _allocated.Newer(0))
        {
            allocated.Mark(range.Start, range.Length, 1);
        }

        _allocated = allocated;
        Length = length;
        RandomAccess.SetLength(Extent, length);
        WriteDescriptor();
    }

    void Allocate(long offset, long count)
    {
        if (count == 0)
        {
            return;
        }

        for (var unit = offset / AllocationUnit; unit <= (offset + count - 1) / AllocationUnit; unit++)
        {
            if (_allocated[unit] == 0)
            {
                Claim(_thin ? AllocationUnit : 0);
                _allocated.Mark(unit * AllocationUnit, 1, 1);
            }
        }
    }
}
