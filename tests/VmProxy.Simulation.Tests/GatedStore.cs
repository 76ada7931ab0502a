namespace VmProxy.Simulation.Tests;

/// <summary>How the driver ends a call.</summary>
enum Outcome
{
    Done,

    /// <summary>Nothing happened, and the caller learns it.</summary>
    Failed,

    /// <summary>It happened, and the caller is told that it failed.</summary>
    AnswerLost,

    /// <summary>It happened, and nobody is left to be told.</summary>
    Vanished,
}

/// <summary>
/// One actor's way to the common store: every call that others could see waits until the driver lets it through. Without an actor nothing waits.
/// </summary>
sealed class GatedStore(MemoryObjectStore inner, World world, Actor? actor) : IObjectStore
{
    public string Location => "simulation";

    public ValueTask<ObjectWriter> CreateAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult<ObjectWriter>(new Writer(this, name));

    public async ValueTask<bool> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await CallAsync(StoreOperationKind.Complete, name, async () =>
            await inner.PutIfAbsentAsync(name, content, default).ConfigureAwait(false) && Stored(name, content.Length)).ConfigureAwait(false);

    public async ValueTask<bool> ReplaceAsync(
        string name, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await CallAsync(StoreOperationKind.Complete, name, async () =>
            await inner.ReplaceAsync(name, expected, content, default).ConfigureAwait(false) && Stored(name, content.Length)).ConfigureAwait(false);

    public async ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken) =>
        await CallAsync(StoreOperationKind.Read, name, () => inner.GetLengthAsync(name, default)).ConfigureAwait(false);

    public async ValueTask ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        await CallAsync(StoreOperationKind.Read, name, async () =>
        {
            await inner.ReadAsync(name, offset, buffer, default).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);

    public async ValueTask<ObjectView> MapAsync(string name, CancellationToken cancellationToken) =>
        await CallAsync(StoreOperationKind.Read, name, () => inner.MapAsync(name, default)).ConfigureAwait(false);

    /// <summary>A listing takes a while: it sees one half of the objects at one time, and the other half at a later one.</summary>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var first = await CallAsync(StoreOperationKind.List, prefix, () => world.ListAsync(prefix, 0, IsSplit)).ConfigureAwait(false);
        foreach (var info in first)
        {
            yield return info;
        }

        if (IsSplit)
        {
            var second = await CallAsync(StoreOperationKind.List, prefix, () => world.ListAsync(prefix, 1, IsSplit)).ConfigureAwait(false);
            foreach (var info in second)
            {
                yield return info;
            }
        }
    }

    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken) =>
        await CallAsync(StoreOperationKind.Delete, name, async () =>
        {
            await inner.DeleteAsync(name, default).ConfigureAwait(false);
            world.OnDeleted(name);
            return true;
        }).ConfigureAwait(false);

    bool IsSplit => actor is not null && world.SplitsListings;

    async ValueTask<T> CallAsync<T>(StoreOperationKind kind, string name, Func<ValueTask<T>> call)
    {
        if (actor is null)
        {
            return await call().ConfigureAwait(false);
        }

        var outcome = await actor.WaitAsync(new StoreOperation(kind, name)).ConfigureAwait(false);
        if (outcome != Outcome.Failed)
        {
            var result = await call().ConfigureAwait(false);
            world.OnApplied(actor, kind, name);
            if (outcome == Outcome.Done)
            {
                return result;
            }

            if (outcome == Outcome.Vanished)
            {
                await new TaskCompletionSource().Task.ConfigureAwait(false);
            }
        }

        throw new RepositoryException(RepositoryErrorCodes.StoreFailed, name, $"simulated: {outcome}");
    }

    sealed class Writer(GatedStore store, string name) : ObjectWriter
    {
        readonly MemoryStream _content = new();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            _content.Write(content.Span);
            return ValueTask.CompletedTask;
        }

        public override async ValueTask CompleteAsync(CancellationToken cancellationToken) =>
            await store.CallAsync(StoreOperationKind.Complete, name, () =>
            {
                store.Put(name, _content.ToArray());
                return ValueTask.FromResult(true);
            }).ConfigureAwait(false);

        public override ValueTask DisposeAsync()
        {
            _content.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    void Put(string name, byte[] content)
    {
        inner.Tamper(name, content);
        Stored(name, content.Length);
    }

    bool Stored(string name, int length)
    {
        world.OnStored(name, length);
        return true;
    }
}
