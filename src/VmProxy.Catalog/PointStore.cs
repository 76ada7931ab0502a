using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace VmProxy.Catalog;

/// <summary>Index of restore points for quick listing and lookup.</summary>
public sealed class PointStore
{
    const int MaxCandidates = 10;

    readonly CatalogFile _file;
    readonly TimeProvider _time;

    internal PointStore(CatalogFile file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>Adds the point, or replaces what was known of it; the result of a verification is kept.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task UpsertAsync(PointRecord point, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(point);
        return _file.WriteAsync("recording a point", async (connection, transaction) =>
        {
            await WriteAsync(connection, transaction, point).ConfigureAwait(false);
            return true;
        }, cancellationToken);
    }

    /// <summary>
    /// Makes the catalog's points of one repository be exactly these, in one transaction: what a rebuild, or a look into the repository, found.
    /// Results of verifications are kept.
    /// </summary>
    /// <exception cref="ArgumentException">A point is of another repository.</exception>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task ReplaceAsync(string repositoryId, IReadOnlyCollection<PointRecord> points, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.FirstOrDefault(point => point.RepositoryId != repositoryId) is { } stranger)
        {
            throw new ArgumentException($"Point {stranger.Id} is of repository {stranger.RepositoryId}, not {repositoryId}.", nameof(points));
        }

        return _file.WriteAsync("recording points", async (connection, transaction) =>
        {
            var kept = points.Select(point => point.Id).ToHashSet(StringComparer.Ordinal);
            var known = await connection.QueryAsync<string>(
                "SELECT id FROM point WHERE repository_id = @repositoryId", new { repositoryId }, transaction).ConfigureAwait(false);
            await connection.ExecuteAsync(
                "DELETE FROM point WHERE repository_id = @repositoryId AND id = @id",
                known.Where(id => !kept.Contains(id)).Select(id => new { repositoryId, id }).ToList(),
                transaction).ConfigureAwait(false);
            foreach (var point in points)
            {
                await WriteAsync(connection, transaction, point).ConfigureAwait(false);
            }

            return true;
        }, cancellationToken);
    }

    /// <summary>Forgets a point; no error when it is not known.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task DeleteAsync(string repositoryId, string id, CancellationToken cancellationToken) => _file.ExecuteAsync(
        "forgetting a point", "DELETE FROM point WHERE repository_id = @repositoryId AND id = @id", new { repositoryId, id }, cancellationToken);

    /// <summary>Records what a verification found.</summary>
    /// <param name="repositoryId">The repository that holds the point.</param>
    /// <param name="id">The point.</param>
    /// <param name="level">"hash", "files" or "boot".</param>
    /// <param name="sound">Whether no damage was found.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task MarkVerifiedAsync(string repositoryId, string id, string level, bool sound, CancellationToken cancellationToken) => _file.ExecuteAsync(
        "recording a verification",
        "UPDATE point SET health = @health, verified_level = @level, verified_at = @now WHERE repository_id = @repositoryId AND id = @id",
        new
        {
            repositoryId,
            id,
            level,
            health = EnumText.From(sound ? PointHealth.Verified : PointHealth.Damaged),
            now = UtcText.From(_time.GetUtcNow()),
        },
        cancellationToken);

    /// <summary>Points that pass the filter, newest first.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public Task<IReadOnlyList<PointRecord>> ListAsync(PointFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return ReadAsync("""
            WHERE (@RepositoryId IS NULL OR p.repository_id = @RepositoryId)
              AND (@VcenterUuid IS NULL OR (p.vcenter_uuid = @VcenterUuid AND p.instance_uuid = @InstanceUuid))
              AND (@VmName IS NULL OR p.vm_name = @VmName OR EXISTS (
                    SELECT 1 FROM vm WHERE vm.vcenter_uuid = p.vcenter_uuid AND vm.instance_uuid = p.instance_uuid AND vm.name = @VmName))
              AND (@Job IS NULL OR p.job = @Job)
              AND (@Since IS NULL OR p.taken_at >= @Since)
              AND (@Before IS NULL OR p.taken_at < @Before)
            ORDER BY p.taken_at DESC, p.id DESC
            LIMIT @Limit
            """,
            new
            {
                filter.RepositoryId,
                filter.Vm?.VcenterUuid,
                filter.Vm?.InstanceUuid,
                filter.VmName,
                filter.Job,
                Since = UtcText.From(filter.Since),
                Before = UtcText.From(filter.Before),
                Limit = filter.Limit ?? -1,
            },
            cancellationToken);
    }

    /// <summary>
    /// The newest point of the VM that an incremental may build on: never a damaged one; with <paramref name="level"/>, only of that level.
    /// Null when there is none.
    /// </summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<PointRecord?> LastGoodAsync(string repositoryId, VmKey vm, string? level, CancellationToken cancellationToken) =>
        (await ReadAsync("""
            WHERE p.repository_id = @repositoryId AND p.vcenter_uuid = @VcenterUuid AND p.instance_uuid = @InstanceUuid
              AND p.health <> 'damaged' AND (@level IS NULL OR p.level = @level)
            ORDER BY p.taken_at DESC, p.id DESC
            LIMIT 1
            """, new { repositoryId, vm.VcenterUuid, vm.InstanceUuid, level }, cancellationToken).ConfigureAwait(false)).SingleOrDefault();

    /// <summary>The point with this id, or whose id alone begins with this text. An exact id wins over a beginning.</summary>
    /// <param name="repositoryId">Only of this repository; null looks into all, where copies of one point count once.</param>
    /// <param name="idOrPrefix">An id or its beginning, case-sensitive; empty text fits nothing.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<PointLookup> FindAsync(string? repositoryId, string idOrPrefix, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(idOrPrefix);
        if (idOrPrefix.Length == 0)
        {
            return new PointLookup(null, []);
        }

        var candidates = await _file.QueryAsync<string>("searching a point", """
            SELECT DISTINCT id FROM point
            WHERE id >= @idOrPrefix AND substr(id, 1, length(@idOrPrefix)) = @idOrPrefix AND (@repositoryId IS NULL OR repository_id = @repositoryId)
            ORDER BY id
            LIMIT @MaxCandidates
            """, new { repositoryId, idOrPrefix, MaxCandidates }, cancellationToken).ConfigureAwait(false);
        // The id itself, being the shortest text with this beginning, sorts first.
        if (candidates.Count == 0 || (candidates.Count > 1 && candidates[0] != idOrPrefix))
        {
            return new PointLookup(null, candidates);
        }

        var points = await ReadAsync(
            "WHERE p.id = @id AND (@repositoryId IS NULL OR p.repository_id = @repositoryId) ORDER BY p.repository_id LIMIT 1",
            new { id = candidates[0], repositoryId }, cancellationToken).ConfigureAwait(false);
        return new PointLookup(points.SingleOrDefault(), [candidates[0]]);
    }

    Task<IReadOnlyList<PointRecord>> ReadAsync(string where, object parameters, CancellationToken cancellationToken) =>
        _file.ReadAsync("reading points", async connection =>
        {
            // One read transaction: a writer between the two queries must not show a point without its disks.
            await using var transaction = connection.BeginTransaction(deferred: true);
            var points = (await connection.QueryAsync<PointRow>(
                new CommandDefinition(PointRow.Select + where, parameters, transaction, cancellationToken: cancellationToken)).ConfigureAwait(false)).AsList();
            var disks = (await connection.QueryAsync<PointDiskRow>(new CommandDefinition(
                $"{PointDiskRow.Select} WHERE (repository_id, point_id) IN (SELECT p.repository_id, p.id FROM point p {where}) ORDER BY disk_key",
                parameters, transaction, cancellationToken: cancellationToken)).ConfigureAwait(false))
                .ToLookup(disk => (disk.RepositoryId, disk.PointId), disk => disk.ToRecord());
            return (IReadOnlyList<PointRecord>)[.. points.Select(point => point.ToRecord([.. disks[(point.RepositoryId, point.Id)]]))];
        }, cancellationToken);

    static async Task WriteAsync(SqliteConnection connection, DbTransaction transaction, PointRecord point)
    {
        await connection.ExecuteAsync("""
            INSERT INTO point (repository_id, id, taken_at, vcenter_uuid, instance_uuid, vm_name, vm_moref, level, job, run_id, quiesced,
                               capacity_bytes, changed_bytes, read_bytes, stored_bytes, warning_count, excluded_disks, health)
            VALUES (@RepositoryId, @Id, @TakenAt, @VcenterUuid, @InstanceUuid, @VmName, @VmMoRef, @Level, @Job, @RunId, @Quiesced,
                    @CapacityBytes, @ChangedBytes, @ReadBytes, @StoredBytes, @WarningCount, @ExcludedDisks, 'unverified')
            ON CONFLICT DO UPDATE SET
                taken_at = excluded.taken_at, vcenter_uuid = excluded.vcenter_uuid, instance_uuid = excluded.instance_uuid,
                vm_name = excluded.vm_name, vm_moref = excluded.vm_moref, level = excluded.level, job = excluded.job,
                run_id = coalesce(excluded.run_id, run_id), quiesced = excluded.quiesced, capacity_bytes = excluded.capacity_bytes,
                changed_bytes = excluded.changed_bytes, read_bytes = excluded.read_bytes,
                stored_bytes = coalesce(excluded.stored_bytes, stored_bytes), warning_count = excluded.warning_count,
                excluded_disks = excluded.excluded_disks
            """,
            new
            {
                point.RepositoryId,
                point.Id,
                TakenAt = UtcText.From(point.TakenAt),
                point.Vm.VcenterUuid,
                point.Vm.InstanceUuid,
                point.VmName,
                point.VmMoRef,
                point.Level,
                point.Job,
                point.RunId,
                point.Quiesced,
                point.CapacityBytes,
                point.ChangedBytes,
                point.ReadBytes,
                point.StoredBytes,
                point.WarningCount,
                point.ExcludedDisks,
            },
            transaction).ConfigureAwait(false);
        await connection.ExecuteAsync(
            "DELETE FROM point_disk WHERE repository_id = @RepositoryId AND point_id = @Id", new { point.RepositoryId, point.Id }, transaction)
            .ConfigureAwait(false);
        await connection.ExecuteAsync("""
            INSERT INTO point_disk (repository_id, point_id, disk_key, label, file_name, capacity_bytes, change_id, changed_bytes, read_bytes, transport)
            VALUES (@RepositoryId, @PointId, @Key, @Label, @FileName, @CapacityBytes, @ChangeId, @ChangedBytes, @ReadBytes, @Transport)
            """,
            point.Disks.Select(disk => new
            {
                point.RepositoryId,
                PointId = point.Id,
                disk.Key,
                disk.Label,
                disk.FileName,
                disk.CapacityBytes,
                disk.ChangeId,
                disk.ChangedBytes,
                disk.ReadBytes,
                disk.Transport,
            }).ToList(),
            transaction).ConfigureAwait(false);
    }
}
