using System.Globalization;
using Dapper;

namespace VmProxy.Catalog;

/// <summary>What each VM took on each datastore, day by day.</summary>
public sealed class VmSpaceStore
{
    const string DayPattern = "yyyy-MM-dd";

    readonly CatalogFile _file;

    internal VmSpaceStore(CatalogFile file) => _file = file;

    /// <summary>Records what VMs take now on datastores that a sample was recorded of; a later look of the same day replaces an earlier one.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task RecordAsync(
        string vcenterUuid, DateTimeOffset takenAt, IEnumerable<(string Datastore, IReadOnlyList<VmSpaceRecord> Vms)> datastores, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(datastores);
        var day = takenAt.UtcDateTime.ToString(DayPattern, CultureInfo.InvariantCulture);
        return _file.WriteAsync("recording what VMs take", async (connection, transaction) =>
        {
            foreach (var (datastore, vms) in datastores)
            {
                var id = await connection.ExecuteScalarAsync<long?>(
                    "SELECT id FROM datastore WHERE vcenter_uuid = @vcenterUuid AND moref = @datastore", new { vcenterUuid, datastore }, transaction)
                    .ConfigureAwait(false);
                await connection.ExecuteAsync("""
                    INSERT OR REPLACE INTO vm_space (datastore_id, day, vm_moref, vm_name, bytes) VALUES (@id, @day, @VmMoRef, @VmName, @Bytes)
                    """, vms.Select(vm => new { id, day, vm.VmMoRef, vm.VmName, vm.Bytes }).ToList(), transaction).ConfigureAwait(false);
            }

            return true;
        }, cancellationToken);
    }

    /// <summary>
    /// What was taken on the first day, from a given day on, on which each datastore was looked at: the day to compare the present with. A VM that is
    /// not among those of its datastore was not there then.
    /// </summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<IReadOnlyList<VmSpaceThen>> FirstSinceAsync(string vcenterUuid, DateOnly since, CancellationToken cancellationToken) =>
    [
        .. (await _file.QueryAsync<Row>("reading what VMs take", """
            SELECT d.moref AS Datastore, s.vm_moref AS VmMoRef, s.bytes AS Bytes, s.day AS Day
            FROM datastore d JOIN vm_space s ON s.datastore_id = d.id
            WHERE d.vcenter_uuid = @vcenterUuid AND s.day = (SELECT min(day) FROM vm_space f WHERE f.datastore_id = d.id AND f.day >= @since)
            """, new { vcenterUuid, since = since.ToString(DayPattern, CultureInfo.InvariantCulture) }, cancellationToken).ConfigureAwait(false))
            .Select(row => new VmSpaceThen(row.Datastore, row.VmMoRef, row.Bytes, DayLows.DayOf(row.Day))),
    ];

    sealed class Row
    {
        public required string Datastore { get; init; }
        public required string VmMoRef { get; init; }
        public long Bytes { get; init; }
        public required string Day { get; init; }
    }
}
