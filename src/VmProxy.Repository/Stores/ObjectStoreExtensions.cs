namespace VmProxy.Repository;

internal static class ObjectStoreExtensions
{
    // Keys, rings, headers and points are small; a larger one is not ours.
    public const int MaxSmallObject = 64 << 20;

    public static async ValueTask PutAsync(
        this IObjectStore store, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await using var writer = await store.CreateAsync(name, cancellationToken).ConfigureAwait(false);
        await writer.WriteAsync(content, cancellationToken).ConfigureAwait(false);
        await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A small object's bytes, or null when it does not exist. One call: the object may be replaced or deleted at any time.</summary>
    public static async ValueTask<byte[]?> TryReadAllAsync(this IObjectStore store, string name, CancellationToken cancellationToken)
    {
        try
        {
            using var view = await store.MapAsync(name, cancellationToken).ConfigureAwait(false);
            return view.Bytes.Length <= MaxSmallObject
                ? view.Bytes.ToArray()
                : throw RepositoryException.Damaged(name, $"It has {view.Bytes.Length} bytes where at most {MaxSmallObject} are possible.");
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.NotFound)
        {
            return null;
        }
    }
}
