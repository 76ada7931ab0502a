using System.Collections.Concurrent;
using VmProxy.Repository.Index;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Maps;
using VmProxy.Repository.Packs;
using VmProxy.Repository.Reading;
using VmProxy.Repository.Sessions;

namespace VmProxy.Repository;

/// <summary>
/// A restore point being written. Packs are written first, then the index, then the point, by <see cref="CommitAsync(RestorePoint, CancellationToken)"/> alone; a session that
/// ends without it leaves garbage, never a point. Any number of sessions may write at once, in any number of processes.
/// </summary>
public sealed class WriteSession : IAsyncDisposable
{
    const int BlobPiece = 1 << 20;

    readonly BackupRepository _repository;
    readonly PackList _packs = new();
    readonly MetadataWriter _metadata;
    readonly PackSink _metadataSink;
    readonly SemaphoreSlim _indexing = new(1);
    readonly ConcurrentBag<DiskWriterOptions> _bases = [];
    Exception? _failure;
    long _offered;
    long _zero;
    long _deduplicated;
    long _new;
    long _indexBytes;
    long _pointBytes;
    long _otherObjects;
    volatile int _indexAt;
    bool _ended;

    internal WriteSession(BackupRepository repository, RandomId id)
    {
        _repository = repository;
        Guard = new SessionGuard(repository, id);
        _indexAt = repository.Tuning.SegmentEntries;
        DataSink = NewSink(PackKind.Data);
        _metadataSink = NewSink(PackKind.Metadata);
        _metadata = new MetadataWriter(Table, repository.Reader, Guard, _metadataSink, _packs, repository.Keys, repository.Tuning);
    }

    /// <summary>What the session has done so far. Exact once it is committed.</summary>
    public WriteCounters Counters
    {
        get
        {
            var packs = _packs.Snapshot();
            return new WriteCounters(
                Interlocked.Read(ref _offered), Interlocked.Read(ref _zero), Interlocked.Read(ref _deduplicated), Interlocked.Read(ref _new),
                packs.Where(pack => pack.Header.Kind == PackKind.Data).Sum(pack => pack.Length),
                packs.Where(pack => pack.Header.Kind == PackKind.Metadata).Sum(pack => pack.Length) + Interlocked.Read(ref _indexBytes) + _pointBytes,
                packs.Count(pack => pack.IsComplete) + Interlocked.Read(ref _otherObjects));
        }
    }

    internal SessionGuard Guard { get; }

    internal ChunkTable Table { get; } = new();

    internal PackSink DataSink { get; }

    internal KeySet Keys => _repository.Keys;

    internal ChunkReader Reader => _repository.Reader;

    internal Tuning Tuning => _repository.Tuning;

    /// <summary>Begins a disk of the point. Several may be open at once.</summary>
    /// <exception cref="ArgumentException">The base has another chunk size, or is longer than the disk.</exception>
    public DiskWriter OpenDiskWriter(DiskWriterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ThrowIfUnusable();
        _ = options.Base is null ? 0 : MapShape.Require(options.Base);
        var chunkSize = options.ChunkSize != 0 ? options.ChunkSize : options.Base?.ChunkSize ?? _repository.DefaultChunkSize;
        if (!MapShape.IsPossible(options.Length, chunkSize))
        {
            throw new ArgumentException($"A disk of {options.Length} bytes in chunks of {chunkSize} is not possible.", nameof(options));
        }

        if (options.Base is { } map && (map.ChunkSize != chunkSize || map.Length > options.Length))
        {
            throw new ArgumentException(
                $"The base of {map.Length} bytes in chunks of {map.ChunkSize} cannot serve a disk of {options.Length} bytes in chunks of {chunkSize}.",
                nameof(options));
        }

        var pages = new PageCache(
            async (id, token) =>
            {
                await Guard.RequireBaseAsync(options, token).ConfigureAwait(false);
                return await _metadata.ReadAsync(id, token).ConfigureAwait(false);
            },
            Tuning.CachedPages);
        _bases.Add(options);
        var baseMap = options.Base is null ? null : new MapReader(
            options.Base, pages, options.Damaged.Count == 0 ? null : new DamagedChunks(options.Damaged, chunkSize));
        var builder = new MapBuilder(options.Length, chunkSize, baseMap, pages, _metadata.StoreAsync, Tuning);
        return new DiskWriter(this, options.Length, chunkSize, baseMap, builder);
    }

    /// <summary>Stores a small file that travels with the point. It belongs into <see cref="RestorePoint.Blobs"/>.</summary>
    public async ValueTask<BlobReference> StoreBlobAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ThrowIfUnusable();
        var chunks = new List<string>();
        for (var position = 0; position < content.Length; position += BlobPiece)
        {
            var piece = content.Slice(position, Math.Min(BlobPiece, content.Length - position));
            var id = await GuardAsync(() => _metadata.StoreAsync(piece.ToArray(), cancellationToken)).ConfigureAwait(false);
            chunks.Add(id.ToString());
        }

        return new BlobReference(name, content.Length, chunks);
    }

    /// <summary>
    /// Makes everything durable, in order, and then the point itself. Every <see cref="DiskWriter"/> must be complete.
    /// </summary>
    /// <param name="manifest">The point; an empty id and a default time are filled in.</param>
    /// <param name="cancellationToken">Cancels until the point is written.</param>
    /// <returns>The point as it is stored.</returns>
    /// <exception cref="RepositoryException">
    /// REPO_SESSION_FAILED: an earlier write failed. REPO_SESSION_EXPIRED: the session was silent for so long that a prune closed it. REPO_BASE_GONE: the point
    /// that it builds on was deleted. REPO_NO_SPACE, REPO_STORE_FAILED: there is no point, unless it was the very last write whose answer was lost.
    /// </exception>
    public Task<RestorePoint> CommitAsync(RestorePoint manifest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return CommitAsync(_ => manifest, cancellationToken);
    }

    /// <summary>The same, for a point that says what it cost.</summary>
    /// <param name="describe">Makes the point when all of its data are durable; the counters of data are exact then.</param>
    /// <param name="cancellationToken">Cancels until the point is written.</param>
    /// <inheritdoc cref="CommitAsync(RestorePoint, CancellationToken)"/>
    public async Task<RestorePoint> CommitAsync(Func<WriteCounters, RestorePoint> describe, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(describe);
        ThrowIfUnusable();
        _ended = true;
        await DataSink.CompleteAsync(cancellationToken).ConfigureAwait(false);
        await _metadata.CompleteAsync(cancellationToken).ConfigureAwait(false);
        await WriteIndexAsync(cancellationToken).ConfigureAwait(false);
        if (Table.Count > 0)
        {
            throw new InvalidOperationException($"{Table.Count} chunks are claimed and not stored: a disk writer is still at work.");
        }

        foreach (var options in _bases)
        {
            await Guard.RequireBaseAsync(options, cancellationToken).ConfigureAwait(false);
        }

        await Guard.RequireOpenAsync("before the point was written", cancellationToken).ConfigureAwait(false);
        var written = _packs.Snapshot().Where(pack => pack.IsComplete).Select(pack => pack.Header);
        await Guard.RequirePacksAsync(written, cancellationToken).ConfigureAwait(false);
        var manifest = describe(Counters);
        var dated = manifest.Time == default ? manifest with { Time = _repository.Time.GetUtcNow() } : manifest;
        var (point, length) = await Guard.WritePointAsync(dated, cancellationToken).ConfigureAwait(false);
        _pointBytes = length;
        Interlocked.Increment(ref _otherObjects);
        await Guard.EndAsync().ConfigureAwait(false);
        return point;
    }

    /// <summary>Ends the session. What a session without a commit has stored is garbage, which prune removes.</summary>
    public async ValueTask DisposeAsync()
    {
        _ended = true;
        await DataSink.DisposeAsync().ConfigureAwait(false);
        await _metadataSink.DisposeAsync().ConfigureAwait(false);
        foreach (var pack in _packs.Snapshot().Where(pack => !pack.IsComplete))
        {
            await pack.DisposeAsync().ConfigureAwait(false);
        }

        _metadata.Dispose();
        _indexing.Dispose();
        await Guard.EndAsync().ConfigureAwait(false);
    }

    internal void Count(long offered, long zero, long deduplicated, long stored)
    {
        Interlocked.Add(ref _offered, offered);
        Interlocked.Add(ref _zero, zero);
        Interlocked.Add(ref _deduplicated, deduplicated);
        Interlocked.Add(ref _new, stored);
    }

    /// <summary>Bounds memory: new chunks in complete packs go to an index segment when they grow many.</summary>
    internal async ValueTask IndexWhenFullAsync(CancellationToken cancellationToken)
    {
        if (Table.Count >= _indexAt && await _indexing.WaitAsync(0, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                if (Table.Count >= _indexAt)
                {
                    await WriteIndexLockedAsync(cancellationToken).ConfigureAwait(false);

                    // Chunks of open packs stay; looking at them again at once would be in vain.
                    _indexAt = Table.Count + Tuning.SegmentEntries;
                }
            }
            finally
            {
                _indexing.Release();
            }
        }
    }

    /// <summary>Runs a write; when it fails or is cancelled, the session cannot be committed any more.</summary>
    internal async ValueTask<T> GuardAsync<T>(Func<ValueTask<T>> write)
    {
        try
        {
            await Guard.TouchAsync(CancellationToken.None).ConfigureAwait(false);
            return await write().ConfigureAwait(false);
        }
        catch (RepositoryException error) when (FrameReader.IsPackMissing(error))
        {
            // A session that was closed has lost what it builds on: that is no damage.
            Interlocked.CompareExchange(ref _failure, error, null);
            await Guard.RequireOpenAsync("while it read the point that it builds on", CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        catch (Exception error)
        {
            Interlocked.CompareExchange(ref _failure, error, null);
            if (error is RepositoryException { Frame: { } frame })
            {
                await _repository.NoteDamageAsync([frame], CancellationToken.None).ConfigureAwait(false); // the next backup does not stumble over it
            }

            throw;
        }
    }

    internal void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw new RepositoryException(RepositoryErrorCodes.SessionFailed, _repository.Store.Location,
                $"The session cannot go on, because an earlier write failed: {failure.Message}", failure);
        }
    }

    async Task WriteIndexAsync(CancellationToken cancellationToken)
    {
        await _indexing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await WriteIndexLockedAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _indexing.Release();
        }
    }

    async Task WriteIndexLockedAsync(CancellationToken cancellationToken)
    {
        var chunks = Table.Collect(pack => _packs[pack].IsComplete);
        if (chunks.Count > 0)
        {
            Interlocked.Add(ref _indexBytes, await _repository.Index.WriteSegmentAsync(chunks, _packs, cancellationToken).ConfigureAwait(false));
            Interlocked.Increment(ref _otherObjects);
            Table.Remove(chunks);
        }
    }

    PackSink NewSink(PackKind kind) =>
        new(_repository.Store, _repository.Keys, _repository.Seal, kind, _repository.Zstd, _repository.Tuning, _packs);
}
