using System.Buffers;
using System.IO.Hashing;

namespace VmProxy.Repository.Packs;

/// <summary>
/// A pack being written. Frames are reserved first (which gives them their ordinal, hence their nonce), sealed by many threads, and appended
/// one at a time in any order. The last append after <see cref="Closed"/> completes the pack.
/// </summary>
internal sealed class PackStream(IObjectStore store, PackHeader header, byte[] key, int number) : IAsyncDisposable
{
    readonly SemaphoreSlim _appending = new(1);
    readonly Crc32 _crc = new();
    ArrayBufferWriter<byte>? _trailer = new();
    ObjectWriter? _writer;
    long _length;
    int _frames;
    volatile bool _complete;
    volatile bool _failed;

    public PackHeader Header => header;

    public byte[] Key => key;

    /// <summary>The pack's place in its session's list of packs.</summary>
    public int Number => number;

    /// <summary>Bytes of the object; final once complete.</summary>
    public long Length => _length;

    /// <summary>True once the pack is durable and visible.</summary>
    public bool IsComplete => _complete;

    // Guarded by the sink's lock.
    public long Reserved { get; set; } = PackHeader.Length + PackTrailer.HeaderLength + Seal.TagLength + PackTrailer.FooterLength;

    public uint NextOrdinal { get; set; }

    public int InFlight { get; set; }

    public bool Closed { get; set; }

    /// <summary>Appends a whole frame record and returns its offset.</summary>
    public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> record, int chunks, CancellationToken cancellationToken)
    {
        await _appending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_writer is null)
            {
                _writer = await store.CreateAsync(header.ObjectName, cancellationToken).ConfigureAwait(false);
                var start = new byte[PackHeader.Length];
                header.Write(start);
                await WriteAsync(start, cancellationToken).ConfigureAwait(false);
            }

            var offset = _length;
            await WriteAsync(record, cancellationToken).ConfigureAwait(false);
            PackTrailer.AddFrame(_trailer!, offset, record.Span, chunks);
            _frames++;
            return offset;
        }
        catch
        {
            _failed = true;
            throw;
        }
        finally
        {
            _appending.Release();
        }
    }

    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_failed || _writer is null)
        {
            return; // the session failed with the append; its pack must not appear
        }

        var end = PackTrailer.Encode(header, key, _frames, _trailer!.WrittenSpan, _length, _crc);
        await _writer.WriteAsync(end, cancellationToken).ConfigureAwait(false);
        _length += end.Length;
        await _writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        _complete = true;
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_writer is { } writer)
        {
            _writer = null;
            await writer.DisposeAsync().ConfigureAwait(false);
        }

        _trailer = null;
        _appending.Dispose();
    }

    async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _writer!.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        _crc.Append(bytes.Span);
        _length += bytes.Length;
    }
}
