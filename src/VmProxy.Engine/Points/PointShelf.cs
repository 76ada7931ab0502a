using VmProxy.Engine.Backup;
using System.Runtime.CompilerServices;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Sessions;
using VmProxy.Engine.Transports;
using VmProxy.Repository;

namespace VmProxy.Engine.Points;

/// <summary>The restore points of all configured repositories, read from the repositories themselves.</summary>
/// <param name="session">What it works with.</param>
public sealed class PointShelf(ProxySession session)
{
    /// <summary>Lists points, oldest first.</summary>
    /// <param name="vmName">Only of VMs of this name; null for all.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public async Task<PointList> ListAsync(string? vmName, CancellationToken cancellationToken)
    {
        List<PointListing> points = [];
        List<Failure> damaged = [];
        await foreach (var (repository, shelf) in ShelvesAsync(damaged, cancellationToken).ConfigureAwait(false))
        {
            var holds = await HoldsAsync(repository, cancellationToken).ConfigureAwait(false);
            points.AddRange(shelf.Where(point => vmName is null || point.Vm.Name == vmName)
                .Select(point => Listing(repository, point) with { Holds = [.. holds[point.Id]] }));
            damaged.AddRange(shelf.Damaged.Select(damage => new Failure(damage.Code, damage.Object, "read the point", damage.Message, "")));
        }

        return new PointList([.. points.OrderBy(point => point.Time).ThenBy(point => point.Id, StringComparer.Ordinal)], damaged);
    }

    /// <summary>One point in detail.</summary>
    /// <exception cref="EngineException">There is no such point, or several begin with the text.</exception>
    public async Task<PointDetails> ShowAsync(string idOrPrefix, CancellationToken cancellationToken)
    {
        var (repository, point) = await FindAsync(idOrPrefix, cancellationToken).ConfigureAwait(false);
        return new PointDetails
        {
            Id = point.Id,
            Repository = repository.Settings.Name,
            VirtualMachine = point.Vm.Name,
            InstanceUuid = point.Vm.InstanceUuid,
            VcenterUuid = point.Vm.VcenterUuid,
            Time = point.Time,
            Job = point.Job ?? "",
            Level = point.Level,
            Quiesced = point.Quiesced,
            Disks = [.. point.Disks.Select(Details)],
            ExcludedDisks = [.. point.ExcludedDisks.Select(disk => new PointExcludedDisk(disk.Key, disk.Label, $"{disk.Reason} [{disk.Code}]"))],
            Files = [.. point.Blobs.Select(blob => new PointFile(blob.Name, blob.Length))],
            Host = PointFacts.HostOf(point),
            Encryption = PointFacts.EncryptionOf(point) is { } key ? new PointEncryption(key.KeyId, key.ProviderId) : null,
            VirtualTpm = PointFacts.HadVirtualTpm(point),
            Warnings = point.Warnings,
            Holds = [.. (await HoldsAsync(repository, cancellationToken).ConfigureAwait(false))[point.Id]],
        };
    }

    static async Task<ILookup<string, HoldListing>> HoldsAsync(OpenedRepository repository, CancellationToken cancellationToken) =>
        (await repository.Repository.ListHoldsAsync(cancellationToken).ConfigureAwait(false))
            .ToLookup(hold => hold.Point, hold => new HoldListing(hold.Since, hold.Reason), StringComparer.Ordinal);

    /// <summary>Finds a point by its id or a unique beginning of it.</summary>
    internal async Task<(OpenedRepository Repository, RestorePoint Point)> FindAsync(string idOrPrefix, CancellationToken cancellationToken)
    {
        List<(OpenedRepository Repository, RestorePoint Point)> found = [];
        List<Failure> closed = [];
        await foreach (var (repository, shelf) in ShelvesAsync(closed, cancellationToken).ConfigureAwait(false))
        {
            found.AddRange(shelf.Where(point => idOrPrefix.Length > 0 && point.Id.StartsWith(idOrPrefix, StringComparison.Ordinal)).Select(point => (repository, point)));
        }

        var exact = found.Where(candidate => candidate.Point.Id == idOrPrefix).ToList();
        return (exact.Count > 0 ? exact : found) switch
        {
            [var only] => only,
            [] => throw new EngineException(
                RepositoryErrorCodes.PointNotFound, idOrPrefix, "find the point", closed.Count == 0 ? "There is no such restore point." : $"There is no such restore point, as far as can be read: {closed[0].Message}",
                "`vmproxy points` lists them."),
            var several => throw new EngineException(
                RepositoryErrorCodes.PointNotFound, idOrPrefix, "find the point",
                $"{several.Count} points begin with this: {string.Join(", ", several.Take(5).Select(candidate => candidate.Point.Id))}.", "Give more of the id."),
        };
    }

    /// <summary>
    /// What each repository holds. One of several that cannot be opened is named in <paramref name="closed"/> and keeps nobody from the others.
    /// </summary>
    internal async IAsyncEnumerable<(OpenedRepository Repository, Repository.PointList Shelf)> ShelvesAsync(
        ICollection<Failure> closed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var settings in session.Settings.Repositories)
        {
            OpenedRepository repository;
            Repository.PointList shelf;
            try
            {
                repository = await session.RepositoryAsync(settings, cancellationToken).ConfigureAwait(false);
                shelf = await repository.Repository.ListPointsAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RepositoryException exception) when (session.Settings.Repositories.Count > 1)
            {
                closed.Add(new Failure(
                    exception.Code, $"repository {settings.Name}", "list its points", exception.Message, $"Look at {settings.Path}: its points are not shown."));
                continue;
            }

            yield return (repository, shelf);
        }
    }

    static PointListing Listing(OpenedRepository repository, RestorePoint point) => new()
    {
        Id = point.Id,
        Repository = repository.Settings.Name,
        VirtualMachine = point.Vm.Name,
        Time = point.Time,
        Level = point.Level,
        Disks = point.Disks.Count,
        CapacityBytes = point.Disks.Sum(disk => disk.CapacityBytes),
        ReadBytes = point.Disks.Sum(disk => disk.ReadBytes),
        Quiesced = point.Quiesced,
        Warnings = point.Warnings.Count,
    };

    static PointDiskDetails Details(PointDisk disk) => new()
    {
        Key = disk.Key,
        Label = disk.Label,
        CapacityBytes = disk.CapacityBytes,
        Level = disk.Level,
        LevelReason = disk.Reasons.Count > 0 ? disk.Reasons[0].Code : "",
        ChangedBytes = disk.ChangedBytes,
        ReadBytes = disk.ReadBytes,
        Transport = disk.Transport,
        TransportReasons = [.. disk.Reasons.Skip(1).Select(reason => reason.Code)],
        Transports = PointTransports.Of(disk),
        FileName = disk.FileName,
        Controller = PointFacts.PlaceOf(disk)?.Controller ?? "",
        Place = PointFacts.PlaceOf(disk)?.Name,
        ChangeId = disk.ChangeId,
    };
}
