using System.Buffers;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository;

/// <summary>Collects new chunks of one call until they fill a frame.</summary>
internal sealed class FrameBatch(WriteSession session, ReadOnlyMemory<byte> data, int capacity, bool compress) : IDisposable
{
    readonly FrameEntry[] _entries = ArrayPool<FrameEntry>.Shared.Rent(capacity);
    readonly int[] _starts = ArrayPool<int>.Shared.Rent(capacity);
    int _count;
    int _length;

    /// <summary>Whether a chunk must wait until the batch is flushed.</summary>
    public bool IsFullFor(int length) => _length + length > session.Tuning.FrameBytes || _count == FrameRecord.MaxChunks;

    public void Add(int start, FrameEntry entry)
    {
        _entries[_count] = entry;
        _starts[_count] = start;
        _count++;
        _length += entry.Length;
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_count == 0)
        {
            return;
        }

        byte[]? gathered = null;
        try
        {
            var last = _count - 1;
            var isContiguous = _starts[last] + _entries[last].Length - _starts[0] == _length;
            var plain = isContiguous ? data.Slice(_starts[0], _length) : Gather(gathered = ArrayPool<byte>.Shared.Rent(_length));
            var place = await session.DataSink.StoreAsync(plain, _entries.AsMemory(0, _count), cancellationToken, compress).ConfigureAwait(false);
            for (var i = 0; i < _count; i++)
            {
                session.Table.SetPlace(_entries[i].Id, place, _entries[i].Length);
            }
        }
        finally
        {
            if (gathered is not null)
            {
                ArrayPool<byte>.Shared.Return(gathered);
            }
        }

        (_count, _length) = (0, 0);
    }

    public void Dispose()
    {
        ArrayPool<FrameEntry>.Shared.Return(_entries);
        ArrayPool<int>.Shared.Return(_starts);
    }

    ReadOnlyMemory<byte> Gather(byte[] buffer)
    {
        var position = 0;
        for (var i = 0; i < _count; i++)
        {
            data.Span.Slice(_starts[i], _entries[i].Length).CopyTo(buffer.AsSpan(position));
            position += _entries[i].Length;
        }

        return buffer.AsMemory(0, _length);
    }
}
