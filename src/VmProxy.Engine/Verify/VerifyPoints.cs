using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Points;
using VmProxy.Engine.Sessions;
using VmProxy.Repository;

namespace VmProxy.Engine.Verify;

/// <summary>Proves that points can be restored: every chunk of every disk and every file is read, decrypted and compared with its id.</summary>
/// <param name="session">What it works with.</param>
/// <param name="progress">Hears how far it is; may be null.</param>
public sealed class VerifyPoints(ProxySession session, IProgress<WorkProgress>? progress)
{
    const string Level = "hash";

    /// <summary>Verifies one point, or all.</summary>
    /// <param name="idOrPrefix">The point's id, or a unique beginning of it; null for all points.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public async Task<VerifyReport> RunAsync(string? idOrPrefix, CancellationToken cancellationToken)
    {
        var shelf = new PointShelf(session);
        List<VerifiedPoint> verified = [];
        if (idOrPrefix is not null)
        {
            var (repository, point) = await shelf.FindAsync(idOrPrefix, cancellationToken).ConfigureAwait(false);
            verified.Add(await VerifyAsync(repository, point, cancellationToken).ConfigureAwait(false));
            return new VerifyReport(Level, verified);
        }

        List<Failure> closed = [];
        await foreach (var (repository, content) in shelf.ShelvesAsync(closed, cancellationToken).ConfigureAwait(false))
        {
            verified.AddRange(content.Damaged.Select(damage => new VerifiedPoint(damage.Object, "", Whole: false, 0, [damage.Message])));
            foreach (var point in content)
            {
                verified.Add(await VerifyAsync(repository, point, cancellationToken).ConfigureAwait(false));
            }
        }

        verified.AddRange(closed.Select(failure => new VerifiedPoint(failure.Object, "", Whole: false, 0, [failure.Message])));
        return new VerifyReport(Level, verified);
    }

    async Task<VerifiedPoint> VerifyAsync(OpenedRepository repository, RestorePoint point, CancellationToken cancellationToken)
    {
        List<string> damage = [];
        var checkedBytes = 0L;
        foreach (var disk in point.Disks)
        {
            var subject = $"{point.Id} / {disk.Label}";
            var result = await repository.Repository.VerifyDiskAsync(
                point, disk.Key, new Forward(value => progress?.Report(new WorkProgress(subject, value.BytesDone, value.BytesTotal))), cancellationToken).ConfigureAwait(false);
            checkedBytes += result.BytesRead;
            damage.AddRange(result.Damaged.Select(range => $"{disk.Label}, {range.Length} bytes at {range.Offset}: {range.Message}"));
            if (result.MoreRanges > 0)
            {
                damage.Add($"{disk.Label}: and {result.MoreRanges} more ranges, {result.DamagedBytes} damaged bytes in all");
            }
        }

        foreach (var blob in point.Blobs)
        {
            try
            {
                checkedBytes += (await repository.Repository.ReadBlobAsync(blob, cancellationToken).ConfigureAwait(false)).Length;
            }
            catch (RepositoryException exception) when (exception.Code == RepositoryErrorCodes.Damaged)
            {
                damage.Add($"{blob.Name}: {exception.Message}");
            }
        }

        await RecordAsync(repository, point, damage.Count == 0, cancellationToken).ConfigureAwait(false);
        return new VerifiedPoint(point.Id, point.Vm.Name, damage.Count == 0, checkedBytes, damage);
    }

    /// <summary>
    /// Notes the result, so that no incremental builds on damage; also of a point that a lost catalog has forgotten. The report does not depend on it.
    /// </summary>
    async Task RecordAsync(OpenedRepository repository, RestorePoint point, bool whole, CancellationToken cancellationToken)
    {
        try
        {
            var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
            if ((await catalog.Points.FindAsync(repository.Repository.Id, point.Id, cancellationToken).ConfigureAwait(false)).Point is null)
            {
                await catalog.Points.UpsertAsync(PointRecords.Of(repository.Repository.Id, point), cancellationToken).ConfigureAwait(false);
            }

            await catalog.Points.MarkVerifiedAsync(repository.Repository.Id, point.Id, Level, whole, cancellationToken).ConfigureAwait(false);
        }
        catch (CatalogException exception)
        {
            session.Loggers.CreateLogger<VerifyPoints>().LogWarning("{Point}: the result of its verification could not be recorded: {Reason}", point.Id, exception.Message);
        }
    }

    /// <summary>Passes progress on at once: <see cref="Progress{T}"/> would post it to the thread pool and lose the order.</summary>
    sealed class Forward(Action<VerifyProgress> report) : IProgress<VerifyProgress>
    {
        public void Report(VerifyProgress value) => report(value);
    }
}
