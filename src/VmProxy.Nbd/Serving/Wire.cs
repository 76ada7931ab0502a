using VmProxy.Nbd.Protocol;

namespace VmProxy.Nbd.Serving;

/// <summary>A connection's bytes: one reader, and any number of writers whose messages do not mix.</summary>
sealed class Wire(Stream stream) : IDisposable
{
    const int BufferSize = 8 * 1024;

    readonly byte[] _buffer = new byte[BufferSize];
    readonly SemaphoreSlim _sending = new(1);
    int _start;
    int _end;

    /// <summary>Fills the target; false when the client has closed before the first byte of it.</summary>
    /// <exception cref="NbdProtocolException">The client closed in the middle.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<bool> TryReadAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (filled < target.Length)
        {
            if (_start == _end && !await FillAsync(cancellationToken).ConfigureAwait(false))
            {
                return filled == 0 ? false : throw new NbdProtocolException("the client closed the connection within a message");
            }

            var piece = Math.Min(target.Length - filled, _end - _start);
            _buffer.AsMemory(_start, piece).CopyTo(target[filled..]);
            _start += piece;
            filled += piece;
        }

        return true;
    }

    /// <summary>Fills the target.</summary>
    /// <exception cref="NbdProtocolException">The client closed.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask ReadAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        if (!await TryReadAsync(target, cancellationToken).ConfigureAwait(false))
        {
            throw new NbdProtocolException("the client closed the connection within a message");
        }
    }

    /// <summary>Takes bytes that nobody wants.</summary>
    /// <exception cref="NbdProtocolException">The client closed.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask SkipAsync(long length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            if (_start == _end && !await FillAsync(cancellationToken).ConfigureAwait(false))
            {
                throw new NbdProtocolException("the client closed the connection within a message");
            }

            var piece = (int)Math.Min(length, _end - _start);
            _start += piece;
            length -= piece;
        }
    }

    /// <summary>Sends a whole message.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Dispose() => _sending.Dispose();

    async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        _start = 0;
        _end = 0;
        _end = await stream.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
        return _end > 0;
    }
}
