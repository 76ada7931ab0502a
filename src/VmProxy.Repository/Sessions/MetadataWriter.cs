using System.Buffers;
using VmProxy.Repository.Index;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;
using VmProxy.Repository.Reading;

namespace VmProxy.Repository.Sessions;

/// <summary>Stores map pages and pieces of blobs, several to a frame, and reads them back, also those of the session itself.</summary>
internal sealed class MetadataWriter(
    ChunkTable table, ChunkReader reader, SessionGuard guard, PackSink sink, PackList packs, KeySet keys, Tuning tuning) : IDisposable
{
    readonly SemaphoreSlim _turn = new(1);
    readonly ArrayBufferWriter<byte> _plain = new();
    readonly List<FrameEntry> _entries = [];

    public async ValueTask<ChunkId> StoreAsync(byte[] content, CancellationToken cancellationToken)
    {
        var id = keys.MetadataId(content);
        if (table.Contains(id) || guard.TryReuse(id) || !table.TryClaim(id))
        {
            return id;
        }

        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_entries.Count > 0 && _plain.WrittenCount + content.Length > tuning.MetadataFrameBytes)
            {
                await FlushLockedAsync(cancellationToken).ConfigureAwait(false);
            }

            _plain.Write(content);
            _entries.Add(new FrameEntry(id, content.Length));
            return id;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask<byte[]> ReadAsync(ChunkId id, CancellationToken cancellationToken)
    {
        // A page of this session may also be stored elsewhere, but damaged: its own copy is the one to read.
        if (!table.Contains(id) && reader.TryFind(id, out var location))
        {
            return await reader.ReadMetadataAsync(id, location, cancellationToken).ConfigureAwait(false);
        }

        // A page that this session wrote early and needs again: its pack is ended so that it can be read.
        if (!table.Contains(id))
        {
            // Either it was put into an index segment between the two looks, or nobody knows it.
            return await reader.ReadMetadataAsync(id, cancellationToken).ConfigureAwait(false);
        }

        await CompleteAsync(cancellationToken).ConfigureAwait(false);
        if (!table.TryGet(id, out var chunk) || chunk.Pack < 0)
        {
            return await reader.ReadMetadataAsync(id, cancellationToken).ConfigureAwait(false);
        }

        var pack = packs[chunk.Pack];
        location = new ChunkLocation(new PackInfo(pack.Header, pack.Length), chunk.Offset, chunk.Length, chunk.ChunkLength);
        return await reader.ReadMetadataAsync(id, location, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes everything stored so far durable.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await FlushLockedAsync(cancellationToken).ConfigureAwait(false);
            await sink.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    async ValueTask FlushLockedAsync(CancellationToken cancellationToken)
    {
        if (_entries.Count == 0)
        {
            return;
        }

        var place = await sink.StoreAsync(_plain.WrittenMemory, _entries.ToArray(), cancellationToken).ConfigureAwait(false);
        foreach (var entry in _entries)
        {
            table.SetPlace(entry.Id, place, entry.Length);
        }

        _plain.ResetWrittenCount();
        _entries.Clear();
    }
}
