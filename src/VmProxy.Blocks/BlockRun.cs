namespace VmProxy.Blocks;

/// <summary>A stretch of a block device of one kind.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes; never 0.</param>
/// <param name="Kind">What the stretch holds.</param>
public readonly record struct BlockRun(long Offset, long Length, BlockRunKind Kind)
{
    /// <summary>The byte after the last.</summary>
    public long End => Offset + Length;
}

/// <summary>What a <see cref="BlockRun"/> holds.</summary>
public enum BlockRunKind
{
    /// <summary>Bytes that must be read to be known.</summary>
    Data,

    /// <summary>Allocated, and reads as zeros.</summary>
    Zero,

    /// <summary>Not allocated, and reads as zeros.</summary>
    Hole,
}
