namespace VmProxy.Repository.Checking;

/// <summary>How a ranged read of a check ended.</summary>
internal enum ReadOutcome
{
    Read,

    /// <summary>There is no such object (any more).</summary>
    Gone,

    /// <summary>The object ends before the range does.</summary>
    Short,

    /// <summary>The store answers, but not for this range: a bad sector, for instance.</summary>
    Unreadable,
}

/// <summary>Reads that tell one bad object from a store that went away as a whole: the latter ends the check.</summary>
internal sealed class StoreReader(IObjectStore store)
{
    public async ValueTask<ReadOutcome> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            await store.ReadAsync(name, offset, buffer, cancellationToken).ConfigureAwait(false);
            return ReadOutcome.Read;
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.NotFound)
        {
            await RequireStoreAsync(cancellationToken).ConfigureAwait(false);
            return ReadOutcome.Gone;
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
        {
            return ReadOutcome.Short;
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.StoreFailed)
        {
            await RequireStoreAsync(cancellationToken).ConfigureAwait(false);
            return ReadOutcome.Unreadable;
        }
    }

    /// <summary>The whole of a small object; null with the reason when there is none to be had.</summary>
    public async ValueTask<(ReadOutcome Outcome, byte[] Content)> ReadAllAsync(string name, CancellationToken cancellationToken)
    {
        long? size;
        try
        {
            size = await store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.StoreFailed or RepositoryErrorCodes.Damaged)
        {
            await RequireStoreAsync(cancellationToken).ConfigureAwait(false);
            return (ReadOutcome.Unreadable, []);
        }

        if (size is not { } length)
        {
            await RequireStoreAsync(cancellationToken).ConfigureAwait(false);
            return (ReadOutcome.Gone, []);
        }

        if (length > ObjectStoreExtensions.MaxSmallObject)
        {
            return (ReadOutcome.Unreadable, []);
        }

        var content = new byte[length];
        return (await ReadAsync(name, 0, content, cancellationToken).ConfigureAwait(false), content);
    }

    /// <summary>True when there is no such object; one that cannot be asked for is there.</summary>
    public async ValueTask<bool> IsGoneAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is null;
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.StoreFailed or RepositoryErrorCodes.Damaged)
        {
            await RequireStoreAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>Fails unless the store still is what was opened: an unmounted volume must not look like thousands of lost objects.</summary>
    public async ValueTask RequireStoreAsync(CancellationToken cancellationToken)
    {
        if (await store.GetLengthAsync(ObjectNames.Header, cancellationToken).ConfigureAwait(false) is null)
        {
            throw new RepositoryException(RepositoryErrorCodes.StoreFailed, store.Location,
                $"The repository {store.Location} went away while it was checked. Make it reachable (mount the volume), then check again.");
        }
    }
}
