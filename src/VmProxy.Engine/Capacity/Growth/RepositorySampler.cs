using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Sessions;

namespace VmProxy.Engine.Capacity;

/// <summary>Keeps samples of how large the repositories are, and how full their disks.</summary>
sealed class RepositorySampler(ProxySession session)
{
    /// <summary>Counting lists every object of the repository, so it is done no more than about once a day, however many backups there are.</summary>
    static readonly TimeSpan CountDue = TimeSpan.FromHours(20);

    /// <summary>Samples the disks of all repositories, without opening these.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public async Task SampleDisksAsync(DateTimeOffset taken, CancellationToken cancellationToken)
    {
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        foreach (var settings in session.Settings.Repositories)
        {
            if (session.Parts.Folders(settings.Path) is { } disk)
            {
                await catalog.RepositorySamples.RecordAsync(
                    settings.Name,
                    new RepositorySample { TakenAt = taken, DiskCapacityBytes = disk.CapacityBytes, DiskFreeBytes = disk.FreeBytes },
                    cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Counts what a repository holds, and keeps that.</summary>
    /// <exception cref="Repository.RepositoryException">It cannot be read.</exception>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public async Task<RepositorySample> CountAsync(OpenedRepository opened, CancellationToken cancellationToken)
    {
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        var statistics = await opened.Repository.StatisticsAsync(cancellationToken).ConfigureAwait(false);
        var points = await opened.Repository.ListPointsAsync(cancellationToken).ConfigureAwait(false);
        var disk = session.Parts.Folders(opened.Settings.Path);
        var sample = new RepositorySample
        {
            TakenAt = session.Time.GetUtcNow(),
            DiskCapacityBytes = disk?.CapacityBytes,
            DiskFreeBytes = disk?.FreeBytes,
            Points = statistics.Points,
            ProtectedBytes = points.Sum(point => point.Disks.Sum(one => one.CapacityBytes)),
            DataBytes = statistics.DataBytes,
            MetadataBytes = statistics.MetadataBytes + statistics.PointBytes + statistics.IndexBytes,
        };
        await catalog.RepositorySamples.RecordAsync(opened.Settings.Name, sample, cancellationToken).ConfigureAwait(false);
        return sample;
    }

    /// <summary>Counts at the end of a backup when the last count is old. A backup is not worse for a count that fails.</summary>
    public async Task CountWhenDueAsync(OpenedRepository opened, CancellationToken cancellationToken)
    {
        try
        {
            var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
            var recent = await catalog.RepositorySamples.ListAsync(opened.Settings.Name, session.Time.GetUtcNow() - CountDue, cancellationToken).ConfigureAwait(false);
            if (!recent.Any(sample => sample.DataBytes is not null && sample.TakenAt <= session.Time.GetUtcNow() + CountDue))
            {
                await CountAsync(opened, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The backup is done; whoever cancels waits for nothing else.
        }
        catch (Exception exception) when (Expected.Failure(exception, opened.Settings.Name, "count what the repository holds") is { } failure)
        {
            session.Loggers.CreateLogger<RepositorySampler>().LogWarning("{Failure}", failure);
        }
    }
}
