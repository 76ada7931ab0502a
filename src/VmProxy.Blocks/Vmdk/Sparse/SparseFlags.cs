namespace VmProxy.Blocks.Vmdk;

/// <summary>What a hosted sparse extent uses.</summary>
[Flags]
enum SparseFlags : uint
{
    None = 0,

    /// <summary>The header holds line ends by which a transfer in text mode is found out.</summary>
    LineEndTest = 1 << 0,

    /// <summary>There is a second directory with tables of its own.</summary>
    RedundantDirectory = 1 << 1,

    /// <summary>A table entry of 1 means a grain of zeros.</summary>
    ZeroGrains = 1 << 2,

    /// <summary>Grains are compressed.</summary>
    Compressed = 1 << 16,

    /// <summary>Before each grain and each piece of metadata a marker says what follows.</summary>
    Markers = 1 << 17,

    Known = LineEndTest | RedundantDirectory | ZeroGrains | Compressed | Markers,
}
