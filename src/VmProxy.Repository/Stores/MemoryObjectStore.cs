using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace VmProxy.Repository;

/// <summary>
/// Objects in memory, for tests and simulations. Faults are injected by <see cref="BeforeOperation"/> and <see cref="AfterOperation"/>: an exception
/// of the first is a call that never happened, of the second one whose answer was lost; either may wait (slow calls, or a gate that lets one call
/// through at a time). What is durable is what <see cref="Names"/> shows: a crash forgets writers that were not completed, nothing else.
/// </summary>
public sealed class MemoryObjectStore(TimeProvider time) : IObjectStore
{
    readonly ConcurrentDictionary<string, (byte[] Content, DateTimeOffset Modified)> _objects = new(StringComparer.Ordinal);

    /// <summary>Runs before each operation takes effect. It may wait, or throw to make the operation fail.</summary>
    public Func<StoreOperation, CancellationToken, ValueTask>? BeforeOperation { get; set; }

    /// <summary>Runs after each operation has taken effect. It may wait, or throw to lose the answer.</summary>
    public Func<StoreOperation, CancellationToken, ValueTask>? AfterOperation { get; set; }

    /// <summary>Bytes that all complete objects may have together; a write that goes beyond is REPO_NO_SPACE.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <inheritdoc/>
    public string Location => "memory";

    /// <summary>Bytes of all complete objects.</summary>
    public long TotalLength => _objects.Values.Sum(entry => (long)entry.Content.Length);

    /// <summary>The names of all objects, sorted.</summary>
    public IReadOnlyList<string> Names => [.. _objects.Keys.Order(StringComparer.Ordinal)];

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

    /// <summary>True when there is such an object; not an operation, so nothing is injected.</summary>
    public bool Contains(string name) => _objects.ContainsKey(name);

    /// <summary>A store of its own with the same objects, and without faults.</summary>
    public MemoryObjectStore Clone(TimeProvider clock)
    {
        var clone = new MemoryObjectStore(clock);
        foreach (var (name, entry) in _objects)
        {
            clone._objects[name] = entry;
        }

        return clone;
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectWriter> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var operation = await EnterAsync(StoreOperationKind.Create, name, cancellationToken).ConfigureAwait(false);
        await LeaveAsync(operation, cancellationToken).ConfigureAwait(false);
        return new Writer(this, name);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var operation = await EnterAsync(StoreOperationKind.Complete, name, cancellationToken).ConfigureAwait(false);
        CheckRoom(content.Length);
        var isAdded = _objects.TryAdd(name, (content.ToArray(), Now));
        await LeaveAsync(operation, cancellationToken).ConfigureAwait(false);
        return isAdded;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ReplaceAsync(
        string name, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var operation = await EnterAsync(StoreOperationKind.Complete, name, cancellationToken).ConfigureAwait(false);
        CheckRoom(content.Length - expected.Length);
        var isReplaced = _objects.TryGetValue(name, out var current) && expected.Span.SequenceEqual(current.Content)
            && _objects.TryUpdate(name, (content.ToArray(), Now), current);
        await LeaveAsync(operation, cancellationToken).ConfigureAwait(false);
        return isReplaced;
    }

    /// <inheritdoc/>
    public async ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken)
    {
        var operation = await EnterAsync(StoreOperationKind.Read, name, cancellationToken).ConfigureAwait(false);
        long? length = _objects.TryGetValue(name, out var entry) ? entry.Content.Length : null;
        await LeaveAsync(operation, cancellationToken).ConfigureAwait(false);
        return length;
    }

    /// <inheritdoc/>
    public async ValueTask ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var operation = await EnterAsync(StoreOperationKind.Read, name, cancellationToken).ConfigureAwait(false);
        var content = Find(name);
        if (offset + buffer.Length > content.Length)
        {
            throw RepositoryException.Damaged(
                name, $"It ends at byte {content.Length}, but bytes {offset} to {offset + buffer.Length} are needed.");
        }

        content.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
        await LeaveAsync(operation, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectView> MapAsync(string name, CancellationToken cancellationToken)
    {
        var operation = await EnterAsync(StoreOperationKind.Read, name, cancellationToken).ConfigureAwait(false);
        var view = new View(Find(name));
        await LeaveAsync(operation, cancellationToken).ConfigureAwait(false);
        return view;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var operation = await EnterAsync(StoreOperationKind.List, prefix, cancellationToken).ConfigureAwait(false);
        ObjectInfo[] listed = [.. _objects
            .Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(pair => new ObjectInfo(pair.Key, pair.Value.Content.Length, pair.Value.Modified))
            .OrderBy(info => info.Name, StringComparer.Ordinal)];
        await LeaveAsync(operation, cancellationToken).ConfigureAwait(false);
        foreach (var info in listed)
        {
            yield return info;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var operation = await EnterAsync(StoreOperationKind.Delete, name, cancellationToken).ConfigureAwait(false);
        _objects.TryRemove(name, out _);
        await LeaveAsync(operation, cancellationToken).ConfigureAwait(false);
    }

    DateTimeOffset Now => time.GetUtcNow();

    byte[] Find(string name) => _objects.TryGetValue(name, out var entry)
        ? entry.Content
        : throw new RepositoryException(RepositoryErrorCodes.NotFound, name, $"The object '{name}' does not exist in {Location}.");

    void CheckRoom(long more)
    {
        if (Capacity != long.MaxValue && TotalLength + more > Capacity)
        {
            throw new RepositoryException(RepositoryErrorCodes.NoSpace, Location, $"{Location} is full. Free some space, then run again.");
        }
    }

    async ValueTask<StoreOperation> EnterAsync(StoreOperationKind kind, string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var operation = new StoreOperation(kind, name);
        if (BeforeOperation is { } before)
        {
            await before(operation, cancellationToken).ConfigureAwait(false);
        }

        return operation;
    }

    ValueTask LeaveAsync(StoreOperation operation, CancellationToken cancellationToken) =>
        AfterOperation?.Invoke(operation, cancellationToken) ?? ValueTask.CompletedTask;

    sealed class Writer(MemoryObjectStore store, string name) : ObjectWriter
    {
        readonly MemoryStream _content = new();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            var operation = await store.EnterAsync(StoreOperationKind.Write, name, cancellationToken).ConfigureAwait(false);
            store.CheckRoom(_content.Length + content.Length);
            _content.Write(content.Span);
            await store.LeaveAsync(operation, cancellationToken).ConfigureAwait(false);
        }

        public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
        {
            var operation = await store.EnterAsync(StoreOperationKind.Complete, name, cancellationToken).ConfigureAwait(false);
            store._objects[name] = (_content.ToArray(), store.Now);
            await store.LeaveAsync(operation, cancellationToken).ConfigureAwait(false);
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
