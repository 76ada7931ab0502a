using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Retention;
using VmProxy.Engine.Sessions;
using VmProxy.Repository;

namespace VmProxy.Engine.Points;

/// <summary>Deletes single points, and protects them from deletion.</summary>
/// <param name="session">What it works with.</param>
public sealed class PointCare(ProxySession session)
{
    readonly PointShelf _shelf = new(session);

    /// <summary>Deletes a point: nothing lists it any more, and prunes reclaim what only it used.</summary>
    /// <param name="idOrPrefix">The point's id, or a unique beginning of it.</param>
    /// <param name="evenNewestGood">Whether the VM's newest good point may go too.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="EngineException">There is no such point, or it is the VM's newest good one.</exception>
    /// <exception cref="RepositoryException">REPO_POINT_HELD: somebody protects it.</exception>
    public async Task<PointChange> DeleteAsync(string idOrPrefix, bool evenNewestGood, CancellationToken cancellationToken)
    {
        var (repository, point) = await _shelf.FindAsync(idOrPrefix, cancellationToken).ConfigureAwait(false);
        var judged = await new RetentionPlanner(session).JudgeAsync(repository, instead: null, cancellationToken).ConfigureAwait(false);
        if (!evenNewestGood && judged.FirstOrDefault(other => other.Point.Id == point.Id)?.IsNewestGood == true)
        {
            throw new EngineException(
                ReasonCodes.NewestGoodPoint, point.Id, "delete the point", $"It is the newest good restore point of {point.Vm.Name}.",
                "Add --force if this VM needs it no more.");
        }

        await repository.Repository.DeletePointAsync(point.Id, cancellationToken).ConfigureAwait(false);
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        await catalog.Points.DeleteAsync(repository.Repository.Id, point.Id, cancellationToken).ConfigureAwait(false);
        return Changed(repository, point, "deleted");
    }

    /// <summary>Protects a point: neither a prune nor a command deletes it until it is released.</summary>
    /// <exception cref="EngineException">There is no such point.</exception>
    public async Task<PointChange> HoldAsync(string idOrPrefix, string? reason, CancellationToken cancellationToken)
    {
        var (repository, point) = await _shelf.FindAsync(idOrPrefix, cancellationToken).ConfigureAwait(false);
        await repository.Repository.HoldPointAsync(point.Id, reason ?? "", cancellationToken).ConfigureAwait(false);
        return Changed(repository, point, "held");
    }

    /// <summary>Ends the protection of a point; no error when it has none.</summary>
    /// <exception cref="EngineException">There is no such point.</exception>
    public async Task<PointChange> ReleaseAsync(string idOrPrefix, CancellationToken cancellationToken)
    {
        var (repository, point) = await _shelf.FindAsync(idOrPrefix, cancellationToken).ConfigureAwait(false);
        await repository.Repository.ReleasePointAsync(point.Id, cancellationToken).ConfigureAwait(false);
        return Changed(repository, point, "released");
    }

    static PointChange Changed(OpenedRepository repository, RestorePoint point, string state) =>
        new(point.Id, repository.Settings.Name, point.Vm.Name, point.Time, state);
}

/// <summary>What was done to a point.</summary>
/// <param name="Point">Its id.</param>
/// <param name="Repository">The repository's name in the configuration.</param>
/// <param name="VirtualMachine">The VM's name at the time.</param>
/// <param name="Time">When its snapshot was taken, UTC.</param>
/// <param name="State"><c>deleted</c>, <c>held</c> or <c>released</c>.</param>
public sealed record PointChange(string Point, string Repository, string VirtualMachine, DateTimeOffset Time, string State);
