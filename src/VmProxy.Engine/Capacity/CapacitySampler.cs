using VmProxy.Catalog;
using VmProxy.Engine.Capacity.Files;
using VmProxy.Engine.Failures;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Capacity;

/// <summary>
/// Reads how full the datastores of all vCenters are, keeps a sample in the catalog, thins out old samples, and says where it leads. Call it every hour.
/// </summary>
/// <param name="session">What it works with.</param>
public sealed class CapacitySampler(ProxySession session)
{
    /// <summary>
    /// What is old is old by the clock, and one that is years ahead for some days must not cost the history of years: it is believed when samples were taken
    /// on so many days of this time before it.
    /// </summary>
    static readonly TimeSpan Recent = TimeSpan.FromDays(14);

    const int LeastDays = 7;

    /// <summary>What an hourly sample does: reads, records, searches the files that are due, thins out, reports.</summary>
    /// <inheritdoc cref="SampleAsync(FileSearch, CancellationToken)"/>
    public Task<CapacityReport> SampleAsync(CancellationToken cancellationToken) => SampleAsync(FileSearch.WhenDue, cancellationToken);

    /// <summary>Reads, records, thins out, reports.</summary>
    /// <param name="search">Whether files are searched.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="VsphereException">No vCenter could be read. One of several that is away is a warning of the report.</exception>
    /// <exception cref="CatalogException">The catalog cannot be read or written.</exception>
    public async Task<CapacityReport> SampleAsync(FileSearch search, CancellationToken cancellationToken)
    {
        var taken = session.Time.GetUtcNow();
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        var last = await catalog.Capacity.LastTakenAsync(cancellationToken).ConfigureAwait(false);
        List<Failure> warnings = [];
        var readings = await ReadAsync(warnings, cancellationToken).ConfigureAwait(false);
        foreach (var reading in readings)
        {
            await reading.RecordAsync(catalog, taken, cancellationToken).ConfigureAwait(false);
        }

        if (search != FileSearch.Never)
        {
            warnings.AddRange(await new FileSurveyor(catalog, readings).RunAsync(search, taken, cancellationToken).ConfigureAwait(false));
        }

        await new RepositorySampler(session).SampleDisksAsync(taken, cancellationToken).ConfigureAwait(false);
        if (last?.UtcDateTime.Date != taken.UtcDateTime.Date && await catalog.Capacity.CountDaysAsync(taken - Recent, taken, cancellationToken).ConfigureAwait(false) >= LeastDays)
        {
            await catalog.Capacity.ThinAsync(taken, cancellationToken).ConfigureAwait(false);
        }

        List<DatastoreCapacity> rows = [];
        foreach (var reading in readings)
        {
            rows.AddRange(await new CapacityRows(session.Settings.Guard, reading, taken).BuildAsync(catalog, cancellationToken).ConfigureAwait(false));
        }

        return new CapacityReport(taken, [.. rows.OrderBy(row => row.FreePercent).ThenBy(row => row.Name, StringComparer.Ordinal)])
        {
            Warnings = warnings, Vcenters = [.. readings.Select(reading => reading.Vcenter.Name)],
        };
    }

    async Task<List<VcenterCapacity>> ReadAsync(List<Failure> warnings, CancellationToken cancellationToken)
    {
        List<VcenterCapacity> readings = [];
        VsphereException? first = null;
        foreach (var settings in session.Settings.VCenters)
        {
            try
            {
                var vcenter = await session.VcenterAsync(settings, cancellationToken).ConfigureAwait(false);
                readings.Add(await VcenterCapacity.ReadAsync(vcenter, warnings, cancellationToken).ConfigureAwait(false));
            }
            catch (VsphereException exception)
            {
                first ??= exception;
                warnings.Add(Expected.Failure(exception, settings.Name, "read capacity")!);
            }
        }

        return readings.Count == 0 && first is not null ? throw first : readings;
    }
}
