using System.Globalization;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Maintenance;

namespace VmProxy.Repository;

/// <content>Deleting, holding and pruning.</content>
public sealed partial class BackupRepository
{
    /// <summary>Who this process is, in the notes that others read.</summary>
    internal static string Owner { get; } = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}, process {Environment.ProcessId}");

    /// <summary>
    /// Deletes a point. It is gone from all listings at once; its room is freed by a later prune, when no running backup can build on it any more.
    /// </summary>
    /// <exception cref="RepositoryException">REPO_POINT_NOT_FOUND. REPO_POINT_HELD: release it first.</exception>
    public Task DeletePointAsync(string id, CancellationToken cancellationToken)
    {
        ThrowIfNotWritable();
        return new PointMarks(this).DeleteAsync(id, cancellationToken);
    }

    /// <summary>Protects a point from being deleted until it is released.</summary>
    /// <param name="id">The point's whole id.</param>
    /// <param name="reason">Why, in words; shown by listings.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="RepositoryException">REPO_POINT_NOT_FOUND: there is no such point, or it is being deleted.</exception>
    public Task HoldPointAsync(string id, string reason, CancellationToken cancellationToken)
    {
        ThrowIfNotWritable();
        return new PointMarks(this).HoldAsync(id, reason, cancellationToken);
    }

    /// <summary>Ends the protection of a point, by whomever it was held. No error when it is not held.</summary>
    public Task ReleasePointAsync(string id, CancellationToken cancellationToken)
    {
        ThrowIfNotWritable();
        return new PointMarks(this).ReleaseAsync(id, cancellationToken);
    }

    /// <summary>All holds, oldest first.</summary>
    public Task<IReadOnlyList<PointHold>> ListHoldsAsync(CancellationToken cancellationToken) => new PointMarks(this).ListHoldsAsync(cancellationToken);

    /// <summary>
    /// Frees the room of what no point uses, while backups and restores go on. Packs are condemned first, and deleted by a later run (or, with no grace,
    /// at once) when no backup can refer to them any more.
    /// </summary>
    /// <exception cref="RepositoryException">
    /// REPO_LEASE_HELD: another prune runs. REPO_LEASE_LOST: another one took over. REPO_PRUNE_REFUSED: a point, a page or the index cannot be read.
    /// REPO_UNSUPPORTED_VERSION: a later program has made it so that this one must not write.
    /// </exception>
    public Task<PruneReport> PruneAsync(PruneOptions options, IProgress<PruneProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ThrowIfNotWritable();
        return new Prune(this, options, progress).RunAsync(cancellationToken);
    }

    /// <summary>Makes sure that every writer that opens the repository from now on announces itself.</summary>
    internal async Task RequireSessionsAsync(CancellationToken cancellationToken)
    {
        while (await Store.TryReadAllAsync(ObjectNames.Header, cancellationToken).ConfigureAwait(false) is { } bytes)
        {
            var header = RepositoryHeader.Decode(bytes, Store.Location);
            RepositoryHeader.Authenticate(bytes, Keys, Store.Location);
            header.ThrowIfNotWritable(Store.Location);
            if ((header.WriteFeatures & RepositoryHeader.WritersKeepSessions) != 0)
            {
                return;
            }

            var changed = header with { WriteFeatures = header.WriteFeatures | RepositoryHeader.WritersKeepSessions };
            await Store.ReplaceAsync(ObjectNames.Header, bytes, changed.Encode(Keys), cancellationToken).ConfigureAwait(false);
        }

        throw RepositoryException.Damaged(ObjectNames.Header, $"The header of {Store.Location} has vanished.");
    }
}
