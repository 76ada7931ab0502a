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

    /// <summary>A small object's bytes, or null when it does not exist.</summary>
    public static async ValueTask<byte[]?> TryReadAllAsync(this IObjectStore store, string name, CancellationToken cancellationToken)
    {
        if (await store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is not { } length)
        {
            return null;
        }

        if (length > MaxSmallObject)
        {
            throw RepositoryException.Damaged(name, $"It has {length} bytes where at most {MaxSmallObject} are possible.");
        }

        var content = new byte[length];
        await store.ReadAsync(name, 0, content, cancellationToken).ConfigureAwait(false);
        return content;
    }
}
