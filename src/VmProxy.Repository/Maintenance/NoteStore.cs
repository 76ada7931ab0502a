using System.Text.Json.Serialization.Metadata;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Maintenance;

/// <summary>Notes by name.</summary>
internal sealed class NoteStore(IObjectStore store, KeySet keys, SealKind seal)
{
    public ValueTask PutAsync<T>(string name, NoteKind kind, T content, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        store.PutAsync(name, Encode(name, kind, content, type), cancellationToken);

    /// <summary>False, and nothing changed, when there is such a note.</summary>
    public ValueTask<bool> PutIfAbsentAsync<T>(string name, NoteKind kind, T content, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        store.PutIfAbsentAsync(name, Encode(name, kind, content, type), cancellationToken);

    /// <summary>A note's content, or null when there is none.</summary>
    /// <exception cref="RepositoryException">REPO_DAMAGED, REPO_UNSUPPORTED_VERSION.</exception>
    public async ValueTask<T?> TryReadAsync<T>(string name, NoteKind kind, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var bytes = await store.TryReadAllAsync(name, cancellationToken).ConfigureAwait(false);
        if (bytes is null)
        {
            return null;
        }

        await EnsureEpochAsync(bytes, cancellationToken).ConfigureAwait(false);
        return Decode(name, kind, bytes, type);
    }

    /// <summary>Comes before <see cref="Decode"/>: keys may have been rotated since the repository was opened.</summary>
    public ValueTask EnsureEpochAsync(byte[] bytes, CancellationToken cancellationToken) => keys.EnsureEpochAsync(Note.Epoch(bytes), cancellationToken);

    public byte[] Encode<T>(string name, NoteKind kind, T content, JsonTypeInfo<T> type) => Note.Encode(name, kind, content, type, keys, seal);

    public T Decode<T>(string name, NoteKind kind, ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type) =>
        Note.Decode(name, kind, bytes, type, keys, seal);

    public async ValueTask<bool> ExistsAsync(string name, CancellationToken cancellationToken) =>
        await store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is not null;

    public async ValueTask<List<ObjectInfo>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        var notes = new List<ObjectInfo>();
        await foreach (var info in store.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            notes.Add(info);
        }

        return notes;
    }

    public ValueTask DeleteAsync(string name, CancellationToken cancellationToken) => store.DeleteAsync(name, cancellationToken);
}
