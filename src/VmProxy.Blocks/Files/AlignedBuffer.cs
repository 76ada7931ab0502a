using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VmProxy.Blocks.Files;

/// <summary>Memory that direct I/O accepts: pinned, and starting on a 4 KiB boundary, which every block size in use divides.</summary>
sealed class AlignedBuffer
{
    public const int Alignment = 4096;

    readonly byte[] _array;
    readonly int _start;
    readonly int _length;

    public unsafe AlignedBuffer(int length)
    {
        _array = GC.AllocateUninitializedArray<byte>(length + Alignment, pinned: true);
        var address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_array));
        _start = (int)(AlignUp(address) - address);
        _length = length;
    }

    public Span<byte> Span => _array.AsSpan(_start, _length);

    public Memory<byte> Memory => _array.AsMemory(_start, _length);

    static nuint AlignUp(nuint address) => (address + Alignment - 1) & ~(nuint)(Alignment - 1);
}
