using System.Buffers;
using System.Runtime.ExceptionServices;

namespace VmProxy.Repository.Packs;

/// <summary>
/// Turns frames into packs of one kind, for one session. Compression and sealing run on the caller's thread; only the append is serial.
/// Closed packs become durable behind the writers' backs, at most a few at a time.
/// </summary>
internal sealed class PackSink(
    IObjectStore store, Keys.KeySet keys, SealKind seal, PackKind kind, ZstdPool zstd, Tuning tuning, PackList packs) : IAsyncDisposable
{
    readonly Lock _lock = new();
    readonly SemaphoreSlim _completing = new(tuning.PacksBeingCompleted);
    readonly List<Task> _completions = [];
    PackStream? _current;
    volatile ExceptionDispatchInfo? _failure;

    /// <summary>Stores chunks as one frame and returns where it is.</summary>
    /// <param name="plain">The chunks, one after the other.</param>
    /// <param name="entries">Their ids and lengths.</param>
    /// <param name="cancellationToken">Cancels; the pack cannot be completed then.</param>
    /// <param name="compress">False for what <see cref="Compressibility"/> gives up.</param>
    public async ValueTask<FramePlace> StoreAsync(
        ReadOnlyMemory<byte> plain, ReadOnlyMemory<FrameEntry> entries, CancellationToken cancellationToken, bool compress = true)
    {
        _failure?.Throw();

        // The frame is built where it is written from: compressed behind the place of its header, sealed there, with the pack's header before it,
        // which the seal covers and nobody writes twice.
        var start = PackHeader.Length + FrameRecord.HeaderLength(entries.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(start + ZstdPool.Bound(plain.Length) + Seal.TagLength);
        try
        {
            var compressedLength = compress && plain.Length > 1 ? zstd.Compress(plain.Span, buffer.AsSpan(start, ZstdPool.Bound(plain.Length))) : 0;
            var payloadLength = compressedLength > 0 ? compressedLength : plain.Length;
            var recordLength = FrameRecord.RecordLength(entries.Length, payloadLength);
            var (pack, ordinal) = Reserve(recordLength, entries.Length, out var full);
            if (full is not null)
            {
                Track(CompleteInTurnAsync(full));
            }

            try
            {
                var payload = compressedLength > 0 ? buffer.AsSpan(start, payloadLength) : plain.Span;
                Encode(buffer, pack, ordinal, plain.Length, compressedLength > 0, payload, entries.Span);
                var record = buffer.AsMemory(PackHeader.Length, recordLength);
                var offset = await pack.AppendAsync(record, entries.Length, cancellationToken).ConfigureAwait(false);
                return new FramePlace(pack.Number, checked((uint)offset), (uint)recordLength);
            }
            finally
            {
                await ReleaseAsync(pack, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Closes the current pack and returns once all packs are durable. Nobody may be storing.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        PackStream? last;
        lock (_lock)
        {
            (last, _current) = (_current, null);
        }

        if (last is not null)
        {
            last.Closed = true;
            await last.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        Task[] completions;
        lock (_lock)
        {
            completions = [.. _completions];
            _completions.Clear();
        }

        await Task.WhenAll(completions).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Task[] completions;
        lock (_lock)
        {
            completions = [.. _completions];
        }

        await Task.WhenAll(completions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _completing.Dispose();
    }

    /// <param name="recordLength">Bytes of the frame's record.</param>
    /// <param name="chunks">Chunks in the frame.</param>
    /// <param name="full">A pack that the frame did not fit into and that nobody is appending to: the caller completes it.</param>
    (PackStream Pack, uint Ordinal) Reserve(int recordLength, int chunks, out PackStream? full)
    {
        full = null;

        // The trailer repeats the frame's header.
        var cost = recordLength + FrameRecord.HeaderLength(chunks);
        lock (_lock)
        {
            if (_current is { NextOrdinal: > 0 } && _current.Reserved + cost > tuning.PackBytes)
            {
                _current.Closed = true;
                full = _current.InFlight == 0 ? _current : null;
                _current = null;
            }

            _current ??= NewPack();
            _current.Reserved += cost;
            _current.InFlight++;
            return (_current, _current.NextOrdinal++);
        }
    }

    async ValueTask ReleaseAsync(PackStream pack, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            pack.InFlight--;
            if (!pack.Closed || pack.InFlight > 0)
            {
                return;
            }
        }

        Track(CompleteInTurnAsync(pack));

        // Back-pressure: a slow disk slows the writers instead of filling memory.
        await _completing.WaitAsync(cancellationToken).ConfigureAwait(false);
        _completing.Release();
    }

    async Task CompleteInTurnAsync(PackStream pack)
    {
        await _completing.WaitAsync().ConfigureAwait(false);
        try
        {
            await pack.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            _failure = ExceptionDispatchInfo.Capture(error); // whoever stores next need not go on for hours
            throw;
        }
        finally
        {
            _completing.Release();
        }
    }

    void Track(Task completion)
    {
        lock (_lock)
        {
            _completions.RemoveAll(task => task.IsCompletedSuccessfully);
            _completions.Add(completion);
        }
    }

    PackStream NewPack()
    {
        var header = new PackHeader(RandomId.Create(), kind, seal, keys.CurrentEpoch);
        return packs.Add(number => new PackStream(store, header, keys.PackKey(header.Epoch, header.Id, header.ObjectName), number));
    }

    static void Encode(
        byte[] buffer, PackStream pack, uint ordinal, int rawLength, bool isCompressed, ReadOnlySpan<byte> payload, ReadOnlySpan<FrameEntry> entries)
    {
        pack.Header.Write(buffer);
        var record = buffer.AsSpan(PackHeader.Length);
        var compression = isCompressed ? FrameCompression.Zstd : FrameCompression.None;
        FrameRecord.WriteHeader(record, ordinal, compression, rawLength, payload.Length, entries);
        var headerLength = FrameRecord.HeaderLength(entries.Length);
        Seal.Protect(
            pack.Header.Seal, pack.Key, ordinal, buffer.AsSpan(0, PackHeader.Length + headerLength), payload,
            record.Slice(headerLength, payload.Length), record.Slice(headerLength + payload.Length, Seal.TagLength));
    }
}

/// <summary>Where a frame went: the pack's number in the session, offset and length of the record.</summary>
internal readonly record struct FramePlace(int Pack, uint Offset, uint Length);
