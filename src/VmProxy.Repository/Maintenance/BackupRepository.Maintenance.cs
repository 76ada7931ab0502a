using System.Globalization;
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
    public Task DeletePointAsync(string id, CancellationToken cancellationToken) => new PointMarks(this).DeleteAsync(id, cancellationToken);

    /// <summary>Protects a point from being deleted until it is released.</summary>
    /// <param name="id">The point's whole id.</param>
    /// <param name="reason">Why, in words; shown by listings.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="RepositoryException">REPO_POINT_NOT_FOUND: there is no such point, or it is being deleted.</exception>
    public Task HoldPointAsync(string id, string reason, CancellationToken cancellationToken) => new PointMarks(this).HoldAsync(id, reason, cancellationToken);

    /// <summary>Ends the protection of a point, by whomever it was held. No error when it is not held.</summary>
    public Task ReleasePointAsync(string id, CancellationToken cancellationToken) => new PointMarks(this).ReleaseAsync(id, cancellationToken);

    /// <summary>All holds, oldest first.</summary>
    public Task<IReadOnlyList<PointHold>> ListHoldsAsync(CancellationToken cancellationToken) => new PointMarks(this).ListHoldsAsync(cancellationToken);
}
