using VmProxy.Catalog;
using VmProxy.Engine.Failures;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Capacity.Files;

/// <summary>Searches the files of datastores, one datastore after the other, and keeps what nothing refers to in the catalog.</summary>
/// <param name="catalog">Where it is kept.</param>
/// <param name="readings">What was read of all vCenters.</param>
/// <param name="references">Reads what the VMs of a vCenter refer to; null asks the vCenter.</param>
sealed class FileSurveyor(
    CatalogDatabase catalog, IReadOnlyList<VcenterCapacity> readings, Func<VcenterCapacity, CancellationToken, Task<VmFileReferences>>? references = null)
{
    /// <summary>A little less than a day, so that a daily search does not slip by an hour each time.</summary>
    static readonly TimeSpan Due = TimeSpan.FromHours(23);

    /// <summary>Samples among which a day's searches are spread; fewer than the hours of a day, for some may be missed.</summary>
    const int Turns = 12;

    /// <summary>Searches; what could not be searched is told.</summary>
    public async Task<IReadOnlyList<Failure>> RunAsync(FileSearch search, DateTimeOffset now, CancellationToken cancellationToken)
    {
        List<Failure> failures = [];
        foreach (var reading in readings)
        {
            var last = (await catalog.FileSurveys.ListAsync(reading.Uuid, cancellationToken).ConfigureAwait(false))
                .ToDictionary(survey => survey.Datastore, survey => survey.TakenAt, StringComparer.Ordinal);
            var due = reading.Accessible
                .Where(datastore => search == FileSearch.Now || LastOf(datastore) < now - Due || LastOf(datastore) > now + Due)
                .OrderBy(LastOf)
                .Take(search == FileSearch.Now ? int.MaxValue : (reading.Datastores.Count + Turns - 1) / Turns)
                .ToArray();
            if (due.Length > 0)
            {
                failures.AddRange(await SearchAsync(reading, due, now, cancellationToken).ConfigureAwait(false));
            }

            DateTimeOffset LastOf(Datastore datastore) => last.GetValueOrDefault(datastore.Id.ToString(), DateTimeOffset.MinValue);
        }

        return failures;
    }

    /// <summary>
    /// What VMs refer to is read before the searches and, when they have found something, again after them: a VM may have been registered meanwhile. Files
    /// that were made meanwhile are too young to be judged.
    /// </summary>
    async Task<IReadOnlyList<Failure>> SearchAsync(
        VcenterCapacity reading, IReadOnlyList<Datastore> datastores, DateTimeOffset now, CancellationToken cancellationToken)
    {
        List<Failure> failures = [];
        List<(Datastore Datastore, FileVerdict Verdict)> verdicts = [];
        try
        {
            var known = await ReferencesAsync(reading, cancellationToken).ConfigureAwait(false);
            foreach (var datastore in datastores)
            {
                verdicts.Add((datastore, await LookAsync(reading, datastore, known, now, failures, cancellationToken).ConfigureAwait(false)));
            }

            if (verdicts.Any(one => one.Verdict.Files.Count > 0))
            {
                known = await ReferencesAsync(reading, cancellationToken).ConfigureAwait(false);
            }

            foreach (var (datastore, verdict) in verdicts)
            {
                var files = verdict.Files.Where(file => !known.Files.Contains(file.File)).Select(file => new UnreferencedFileRecord(file.File, file.Bytes, file.Modified));
                await catalog.FileSurveys.RecordAsync(
                    reading.Uuid, new FileSurveyRecord(datastore.Id.ToString(), now, verdict.LeftOut, [.. files]), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (VsphereException exception)
        {
            failures.Add(Expected.Failure(exception, reading.Vcenter.Name, "search files")!);
        }

        return failures;
    }

    Task<VmFileReferences> ReferencesAsync(VcenterCapacity reading, CancellationToken cancellationToken) =>
        references?.Invoke(reading, cancellationToken) ?? reading.Vcenter.Connection.Files.ReadReferencesAsync(cancellationToken);

    async Task<FileVerdict> LookAsync(
        VcenterCapacity reading, Datastore datastore, VmFileReferences known, DateTimeOffset now, List<Failure> failures, CancellationToken cancellationToken)
    {
        var others = readings.Where(other => other != reading).SelectMany(other => other.Datastores.Select(one => (other.Vcenter.Name, one)));
        if (FileJudge.Refusal(datastore, known, others) is { } reason)
        {
            return FileVerdict.NotJudged(reason);
        }

        try
        {
            return FileJudge.Judge(
                await reading.Vcenter.Connection.Files.SearchAsync(datastore, cancellationToken).ConfigureAwait(false), known, reading.Uuid, now);
        }
        catch (VsphereException exception)
        {
            var failure = Expected.Failure(exception, datastore.Name, "search files")!;
            failures.Add(failure);
            return FileVerdict.NotJudged($"it could not be searched: {failure.Message.TrimEnd('.')}");
        }
    }
}
