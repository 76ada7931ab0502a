using System.Buffers;

namespace VmProxy.Nbd.Serving;

/// <summary>Bytes to send, filled from their beginning; of a pool where they are many.</summary>
sealed class Reply : IDisposable
{
    readonly byte[] _buffer;
    readonly bool _isRented;
    int _length;

    /// <summary>A reply that is complete.</summary>
    public Reply(byte[] message)
        : this(message, message.Length, isRented: false)
    {
    }

    Reply(byte[] buffer, int length, bool isRented)
    {
        _buffer = buffer;
        _length = length;
        _isRented = isRented;
    }

    public ReadOnlyMemory<byte> Message => _buffer.AsMemory(0, _length);

    /// <summary>An empty reply with room for so many bytes.</summary>
    public static Reply Rent(int capacity) => new(ArrayPool<byte>.Shared.Rent(capacity), 0, isRented: true);

    /// <summary>The next bytes, to be written by the caller.</summary>
    public Memory<byte> Take(int length)
    {
        var taken = _buffer.AsMemory(_length, length);
        _length += length;
        return taken;
    }

    public void Dispose()
    {
        if (_isRented)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }
}
