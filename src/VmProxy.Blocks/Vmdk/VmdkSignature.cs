namespace VmProxy.Blocks.Vmdk;

/// <summary>By what a VMDK is told from a raw image: nothing that boots or holds partitions starts with these bytes.</summary>
public static class VmdkSignature
{
    /// <summary>The bytes at the start of a file that are enough to tell.</summary>
    public const int Length = 21;

    static ReadOnlySpan<byte> Descriptor => "# Disk DescriptorFile"u8;

    static ReadOnlySpan<byte> Cowd => "COWD"u8;

    /// <summary>The constant header of an SEsparse extent: 0x00000000CAFEBABE, little-endian.</summary>
    static ReadOnlySpan<byte> SeSparse => [0xBE, 0xBA, 0xFE, 0xCA, 0, 0, 0, 0];

    /// <summary>
    /// Whether a file is a descriptor, a hosted sparse extent, or an extent that only its descriptor makes a disk of
    /// (<see cref="VmdkDisk"/> says so when it is opened).
    /// </summary>
    /// <param name="head">The first <see cref="Length"/> bytes of the file, or all of them if it has fewer.</param>
    public static bool IsAt(ReadOnlySpan<byte> head) =>
        head.StartsWith(Descriptor) || head.StartsWith(SparseHeader.Magic) || head.StartsWith(Cowd) || head.StartsWith(SeSparse);
}
