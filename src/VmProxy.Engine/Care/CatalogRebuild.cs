using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Points;

namespace VmProxy.Engine.Care;

/// <summary>
/// Makes the catalog's index of points and VMs again from the repositories alone. An intact catalog keeps all else: journal, identity, runs and
/// capacity. A damaged one is moved aside and a new one is begun.
/// </summary>
/// <param name="session">What it works with. Its catalog must not have been opened yet.</param>
public sealed class CatalogRebuild(ProxySession session)
{
    /// <summary>Rebuilds it.</summary>
    /// <exception cref="CatalogException">The catalog cannot be opened, moved or written.</exception>
    /// <exception cref="Repository.RepositoryException">The only repository cannot be opened.</exception>
    public async Task<CatalogRebuilt> RunAsync(CancellationToken cancellationToken)
    {
        var existed = File.Exists(session.Settings.CatalogPath);
        var aside = await CatalogRescue.SetAsideDamagedAsync(session.Settings.CatalogPath, session.Time, cancellationToken).ConfigureAwait(false);
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        List<Failure> failures = [];
        List<VmRecord> seen = [];
        var (repositories, points) = (0, 0);
        await foreach (var (repository, shelf) in new PointShelf(session).ShelvesAsync(failures, cancellationToken).ConfigureAwait(false))
        {
            repositories++;
            points += shelf.Count;
            List<PointRecord> records = [.. shelf.Select(point => PointRecords.Of(repository.Repository.Id, point))];
            if (shelf.Damaged.Count == 0)
            {
                await catalog.Points.ReplaceAsync(repository.Repository.Id, records, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                // What the catalog knows of a point that cannot be read now is all that is left of it.
                failures.AddRange(shelf.Damaged.Select(damage => new Failure(damage.Code, damage.Object, "read the point", damage.Message, "")));
                foreach (var record in records)
                {
                    await catalog.Points.UpsertAsync(record, cancellationToken).ConfigureAwait(false);
                }
            }

            seen.AddRange(shelf.GroupBy(point => new VmKey(point.Vm.VcenterUuid, point.Vm.InstanceUuid)).Select(group =>
            {
                var last = group.MaxBy(point => point.Time)!;
                return new VmRecord(group.Key, last.Vm.Name, last.Vm.MoRef) { FirstSeenAt = group.Min(point => point.Time), LastSeenAt = last.Time };
            }));
        }

        await catalog.Vms.AddKnownAsync(seen, cancellationToken).ConfigureAwait(false);
        return new CatalogRebuilt(
            catalog.Path, existed && aside is null, aside, repositories, points, seen.DistinctBy(vm => vm.Key).Count(), failures)
        {
            IdentityKept = catalog.Installation.Remembered,
        };
    }
}

/// <summary>What a rebuild of the catalog did.</summary>
/// <param name="Path">The catalog's file.</param>
/// <param name="Kept">Whether the catalog that was there could be read, so that its journal, identity, runs and capacity history stay.</param>
/// <param name="MovedAside">Where the damaged catalog is now; null when it was not damaged.</param>
/// <param name="Repositories">Repositories that were read.</param>
/// <param name="Points">Restore points in them.</param>
/// <param name="VirtualMachines">VMs that they are of.</param>
/// <param name="Failures">Repositories and points that could not be read.</param>
public sealed record CatalogRebuilt(
    string Path, bool Kept, string? MovedAside, int Repositories, int Points, int VirtualMachines, IReadOnlyList<Failure> Failures)
{
    /// <summary>Whether the identity is the one of before, so that snapshots which an earlier catalog's runs left are proved by their marks.</summary>
    public bool IdentityKept { get; init; }
}
