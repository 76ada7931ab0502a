namespace VmProxy.Blocks.Vmdk;

/// <summary>What a guest may do with an extent.</summary>
public enum VmdkExtentAccess
{
    /// <summary>RW</summary>
    ReadWrite,

    /// <summary>RDONLY</summary>
    ReadOnly,

    /// <summary>NOACCESS: reads as zeros.</summary>
    None,
}

/// <summary>One extent line of a descriptor.</summary>
/// <param name="Access">What a guest may do with it.</param>
/// <param name="Sectors">Its length in sectors of 512 bytes; at least 1.</param>
/// <param name="Type">The type word in upper case, such as FLAT, VMFS or VMFSSPARSE; unknown words are kept.</param>
/// <param name="FileName">The file that holds it, as written; null for ZERO.</param>
/// <param name="OffsetSectors">Where it starts in that file, in sectors.</param>
public sealed record VmdkExtent(VmdkExtentAccess Access, long Sectors, string Type, string? FileName, long OffsetSectors = 0)
{
    /// <summary>Raw bytes in a hosted file.</summary>
    public const string Flat = "FLAT";

    /// <summary>Raw bytes in a file on VMFS.</summary>
    public const string Vmfs = "VMFS";

    /// <summary>A COWD redo log.</summary>
    public const string VmfsSparse = "VMFSSPARSE";

    /// <summary>A hosted sparse extent.</summary>
    public const string Sparse = "SPARSE";

    /// <summary>Zeros without a file.</summary>
    public const string Zero = "ZERO";

    /// <summary>Its length in bytes.</summary>
    public long Length => Sectors * VmdkDescriptor.SectorSize;
}
