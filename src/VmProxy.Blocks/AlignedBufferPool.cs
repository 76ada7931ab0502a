using System.Buffers;
using System.Collections.Concurrent;
using VmProxy.Blocks.Files;

namespace VmProxy.Blocks;

/// <summary>
/// Buffers of one size that direct I/O takes as they are, without a copy. As many are kept as were ever in use at once; the garbage collector
/// takes them with the pool.
/// </summary>
/// <param name="size">Bytes of each buffer.</param>
public sealed class AlignedBufferPool(int size)
{
    /// <summary>What offsets, lengths and addresses of direct I/O must be multiples of, in bytes.</summary>
    public const int Alignment = AlignedBuffer.Alignment;

    readonly ConcurrentBag<Owner> _spare = [];

    /// <summary>Bytes of each buffer.</summary>
    public int Size => size;

    /// <summary>A buffer with any content. Disposing its owner gives it back.</summary>
    public IMemoryOwner<byte> Rent() => _spare.TryTake(out var owner) ? owner : new Owner(this);

    sealed class Owner(AlignedBufferPool pool) : IMemoryOwner<byte>
    {
        readonly AlignedBuffer _buffer = new(pool.Size);

        public Memory<byte> Memory => _buffer.Memory;

        public void Dispose() => pool._spare.Add(this);
    }
}
