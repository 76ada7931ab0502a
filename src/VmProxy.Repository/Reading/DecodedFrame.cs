using System.Buffers;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Reading;

/// <summary>A frame's plain bytes in a pooled buffer. Counted references: the buffer goes back to the pool with the last one.</summary>
internal sealed class DecodedFrame(byte[] buffer, int rawLength, FrameEntry[] entries)
{
    readonly bool[] _proved = new bool[entries.Length];
    int _references = 1;

    public int RawLength => rawLength;

    public FrameEntry[] Entries => entries;

    /// <summary>The plain bytes of a chunk, proved by its id; null when the frame does not hold the chunk or its bytes are wrong.</summary>
    public ReadOnlyMemory<byte>? Find(ChunkId id, Func<ReadOnlySpan<byte>, ChunkId> hash)
    {
        var position = 0;
        for (var i = 0; i < entries.Length; position += entries[i].Length, i++)
        {
            if (entries[i].Id == id)
            {
                var bytes = buffer.AsMemory(position, entries[i].Length);
                return _proved[i] || (_proved[i] = hash(bytes.Span) == id) ? bytes : null;
            }
        }

        return null;
    }

    public void Retain() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
