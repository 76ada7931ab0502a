using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace VmProxy.Repository;

/// <summary>What an object store was asked to do, as <see cref="MemoryObjectStore.BeforeOperation"/> sees it.</summary>
/// <param name="Kind">The operation.</param>
/// <param name="Name">The object, or the prefix of a listing.</param>
public readonly record struct StoreOperation(StoreOperationKind Kind, string Name);

/// <summary>The operations of an object store.</summary>
public enum StoreOperationKind
{
    /// <summary>An object is begun.</summary>
    Create,

    /// <summary>Bytes are appended to an object that is not yet visible.</summary>
    Write,

    /// <summary>An object becomes visible.</summary>
    Complete,

    /// <summary>Bytes, or the size of an object, are read.</summary>
    Read,

    /// <summary>Names are listed.</summary>
    List,

    /// <summary>An object is removed.</summary>
    Delete,
}

/// <summary>Objects in memory, for tests and simulations. Faults are injected by <see cref="BeforeOperation"/>.</summary>
public sealed class MemoryObjectStore(TimeProvider time) : IObjectStore
{
    readonly ConcurrentDictionary<string, (byte[] Content, DateTimeOffset Modified)> _objects = new(StringComparer.Ordinal);

    /// <summary>Runs before each operation takes effect. It may wait, or throw to make the operation fail.</summary>
    public Func<StoreOperation, CancellationToken, ValueTask>? BeforeOperation { get; set; }

    /// <inheritdoc/>
    public string Location => "memory";

    /// <summary>Bytes of all complete objects.</summary>
    public long TotalLength => _objects.Values.Sum(entry => (long)entry.Content.Length);

    /// <summary>Replaces, adds or (with null) removes an object without any fault, as damage does.</summary>
    public void Tamper(string name, byte[]? content)
    {
        if (content is null)
        {
            _objects.TryRemove(name, out _);
        }
        else
        {
            _objects[name] = (content, Now);
        }
    }

    /// <summary>A copy of an object's bytes.</summary>
    public byte[] Content(string name) => [.. _objects[name].Content];

    /// <summary>The names of all objects, sorted.</summary>
    public IReadOnlyList<string> Names => [.. _objects.Keys.Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public async ValueTask<ObjectWriter> CreateAsync(string name, CancellationToken cancellationToken)
    {
        await EnterAsync(StoreOperationKind.Create, name, cancellationToken).ConfigureAwait(false);
        return new Writer(this, name);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await EnterAsync(StoreOperationKind.Complete, name, cancellationToken).ConfigureAwait(false);
        return _objects.TryAdd(name, (content.ToArray(), Now));
    }

    /// <inheritdoc/>
    public async ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken)
    {
        await EnterAsync(StoreOperationKind.Read, name, cancellationToken).ConfigureAwait(false);
        return _objects.TryGetValue(name, out var entry) ? entry.Content.Length : null;
    }

    /// <inheritdoc/>
    public async ValueTask ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await EnterAsync(StoreOperationKind.Read, name, cancellationToken).ConfigureAwait(false);
        var content = Find(name);
        if (offset + buffer.Length > content.Length)
        {
            throw RepositoryException.Damaged(
                name, $"It ends at byte {content.Length}, but bytes {offset} to {offset + buffer.Length} are needed.");
        }

        content.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectView> MapAsync(string name, CancellationToken cancellationToken)
    {
        await EnterAsync(StoreOperationKind.Read, name, cancellationToken).ConfigureAwait(false);
        return new View(Find(name));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await EnterAsync(StoreOperationKind.List, prefix, cancellationToken).ConfigureAwait(false);
        foreach (var (name, (content, modified)) in _objects)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return new ObjectInfo(name, content.Length, modified);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        await EnterAsync(StoreOperationKind.Delete, name, cancellationToken).ConfigureAwait(false);
        _objects.TryRemove(name, out _);
    }

    DateTimeOffset Now => time.GetUtcNow();

    byte[] Find(string name) => _objects.TryGetValue(name, out var entry)
        ? entry.Content
        : throw new RepositoryException(RepositoryErrorCodes.NotFound, name, $"The object '{name}' does not exist in {Location}.");

    ValueTask EnterAsync(StoreOperationKind kind, string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return BeforeOperation?.Invoke(new StoreOperation(kind, name), cancellationToken) ?? ValueTask.CompletedTask;
    }

    sealed class Writer(MemoryObjectStore store, string name) : ObjectWriter
    {
        readonly MemoryStream _content = new();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            await store.EnterAsync(StoreOperationKind.Write, name, cancellationToken).ConfigureAwait(false);
            _content.Write(content.Span);
        }

        public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
        {
            await store.EnterAsync(StoreOperationKind.Complete, name, cancellationToken).ConfigureAwait(false);
            store._objects[name] = (_content.ToArray(), store.Now);
        }

        public override ValueTask DisposeAsync()
        {
            _content.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    sealed class View(byte[] content) : ObjectView
    {
        public override ReadOnlySpan<byte> Bytes => content;

        protected override void Dispose(bool disposing)
        {
        }
    }
}
