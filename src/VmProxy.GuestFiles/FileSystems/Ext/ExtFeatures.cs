namespace VmProxy.GuestFiles;

/// <summary>Features that change nothing for a reader that does not know them (s_feature_compat).</summary>
[Flags]
enum ExtCompatible : uint
{
    HasJournal = 0x4,
    DirectoryIndex = 0x20,
    SparseSuper2 = 0x200,
    FastCommit = 0x400,
}

/// <summary>Features that a reader must know (s_feature_incompat).</summary>
[Flags]
enum ExtIncompatible : uint
{
    Compression = 0x1,
    FileType = 0x2,
    Recover = 0x4,
    JournalDevice = 0x8,
    MetaGroups = 0x10,
    Extents = 0x40,
    Wide = 0x80,
    MultipleMountProtection = 0x100,
    FlexGroups = 0x200,
    AttributeInodes = 0x400,
    DirectoryData = 0x1000,
    ChecksumSeed = 0x2000,
    LargeDirectories = 0x4000,
    InlineData = 0x8000,
    Encrypt = 0x1_0000,
    CaseFold = 0x2_0000,
}

/// <summary>Features that only a writer must know (s_feature_ro_compat).</summary>
[Flags]
enum ExtReadOnlyCompatible : uint
{
    SparseSuper = 0x1,
    LargeFile = 0x2,
    TreeDirectories = 0x4,
    GroupChecksums = 0x10,
    BigAllocation = 0x200,
    MetadataChecksums = 0x400,
}

/// <summary>Which features are read, and how the others are called. Source: the kernel's documentation of ext4 (Super Block).</summary>
static class ExtFeatures
{
    const ExtIncompatible Read =
        ExtIncompatible.FileType | ExtIncompatible.Recover | ExtIncompatible.MetaGroups | ExtIncompatible.Extents | ExtIncompatible.Wide
        | ExtIncompatible.MultipleMountProtection | ExtIncompatible.FlexGroups | ExtIncompatible.AttributeInodes | ExtIncompatible.ChecksumSeed
        | ExtIncompatible.LargeDirectories | ExtIncompatible.InlineData | ExtIncompatible.Encrypt | ExtIncompatible.CaseFold;

    /// <summary>The names, as mke2fs has them, of the features that are not read; empty for none.</summary>
    public static string NamesOfUnread(ExtIncompatible features) =>
        string.Join(", ", Enumerable.Range(0, 32).Select(bit => (ExtIncompatible)(1u << bit)).Where(feature => (features & ~Read & feature) != 0).Select(Name));

    static string Name(ExtIncompatible feature) => feature switch
    {
        ExtIncompatible.Compression => "compression",
        ExtIncompatible.JournalDevice => "journal_dev",
        ExtIncompatible.DirectoryData => "dirdata",
        _ => $"FEATURE_I{System.Numerics.BitOperations.Log2((uint)feature)}",
    };
}
