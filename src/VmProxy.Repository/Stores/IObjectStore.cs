namespace VmProxy.Repository;

/// <summary>
/// Where a repository keeps its objects: a flat space of names with '/' in them, such as <c>data/3f/3f…</c>.
/// An object appears whole or not at all, is durable once its write has returned, and is never changed afterwards, except the few that are
/// replaced as a whole: the header, the lease and a writer's own sign of life.
/// </summary>
/// <remarks>
/// <para>Durability: when a write, a conditional write or a removal has returned, its effect outlives a crash and a loss of power. One that failed or
/// was cut off by a crash has happened whole or not at all, and nobody may rely on which.</para>
/// <para>Order: whoever begins a call after another one has returned sees its effect, in any process. A listing shows every object that exists
/// from its beginning to its end; whether it shows one that is written, replaced or removed meanwhile is open.</para>
/// <para>Every member may be called from many threads at once. Failures are <see cref="RepositoryException"/>.</para>
/// </remarks>
public interface IObjectStore
{
    /// <summary>The place in words, for messages: a folder or an address without secrets.</summary>
    string Location { get; }

    /// <summary>Begins an object that is written as a stream. It becomes visible by <see cref="ObjectWriter.CompleteAsync"/>.</summary>
    ValueTask<ObjectWriter> CreateAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Writes an object unless the name is taken, as one atomic step; false when it is taken. For small objects that must be decided once (header,
    /// lease, the closing of a session, points), since not every store can do it for streams.
    /// </summary>
    ValueTask<bool> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces an object if its bytes are still <paramref name="expected"/>, as one atomic step among all that replace it so; false, and nothing
    /// changed, when they are not or when there is no such object. For the maintenance lease and the header.
    /// </summary>
    ValueTask<bool> ReplaceAsync(string name, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Size in bytes, or null when there is no such object.</summary>
    ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Fills <paramref name="buffer"/> from <paramref name="offset"/> of an object.
    /// </summary>
    /// <exception cref="RepositoryException">REPO_NOT_FOUND: there is no such object. REPO_DAMAGED: the object ends before the range does.</exception>
    ValueTask ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>
    /// A whole object as memory, mapped from a file where the store can, so that it costs no anonymous memory. At most 2 GiB.
    /// </summary>
    /// <exception cref="RepositoryException">REPO_NOT_FOUND: there is no such object.</exception>
    ValueTask<ObjectView> MapAsync(string name, CancellationToken cancellationToken);

    /// <summary>All complete objects whose names begin with <paramref name="prefix"/>, in no order.</summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Removes an object durably. Removing what does not exist is no error. Who has mapped it may go on reading it.</summary>
    ValueTask DeleteAsync(string name, CancellationToken cancellationToken);
}

/// <summary>An object in a store.</summary>
/// <param name="Name">The whole name.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Modified">When it became visible, by the store's clock.</param>
public readonly record struct ObjectInfo(string Name, long Length, DateTimeOffset Modified);

/// <summary>An object being written. Disposing it before completion leaves nothing visible. Not for several threads at once.</summary>
public abstract class ObjectWriter : IAsyncDisposable
{
    /// <summary>Appends bytes.</summary>
    /// <exception cref="RepositoryException">REPO_NO_SPACE, REPO_STORE_FAILED.</exception>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Makes the object durable and then visible.</summary>
    /// <exception cref="RepositoryException">REPO_NO_SPACE, REPO_STORE_FAILED.</exception>
    public abstract ValueTask CompleteAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>The bytes of a whole object, valid until disposed.</summary>
public abstract class ObjectView : IDisposable
{
    /// <summary>The object's bytes.</summary>
    public abstract ReadOnlySpan<byte> Bytes { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what backs <see cref="Bytes"/>.</summary>
    protected abstract void Dispose(bool disposing);
}
