namespace VmProxy.Repository.Rebuild;

/// <summary>A pack that is read once from its front to its end, seen through a window that only moves forward.</summary>
internal sealed class PackWindow(TrailerReader reader, string name, long length)
{
    const int Step = 1 << 20;
    byte[] _buffer = [];
    long _start;
    int _filled;

    public long Length => length;

    /// <summary>The bytes of a range within the pack, until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> AtAsync(long position, int count, CancellationToken cancellationToken)
    {
        var bytes = await RestAsync(position, count, cancellationToken).ConfigureAwait(false);
        return bytes[..count];
    }

    /// <summary>The same with whatever follows and has been read already.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> RestAsync(long position, int atLeast, CancellationToken cancellationToken)
    {
        if (position + atLeast > _start + _filled)
        {
            await FillAsync(position, atLeast, cancellationToken).ConfigureAwait(false);
        }

        var skipped = (int)(position - _start);
        return _buffer.AsMemory(skipped, _filled - skipped);
    }

    async ValueTask FillAsync(long position, int atLeast, CancellationToken cancellationToken)
    {
        var keep = (int)Math.Max(0, _start + _filled - position);
        var size = (int)Math.Min(length - position, Math.Max(atLeast, keep) + Step);
        var buffer = size <= _buffer.Length ? _buffer : new byte[size];
        _buffer.AsSpan(_filled - keep, keep).CopyTo(buffer);
        (_buffer, _start, _filled) = (buffer, position, keep);
        await reader.ReadAsync(name, position + keep, _buffer.AsMemory(keep, size - keep), cancellationToken).ConfigureAwait(false);
        _filled = size;
    }
}
