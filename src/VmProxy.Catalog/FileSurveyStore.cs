using Dapper;

namespace VmProxy.Catalog;

/// <summary>What the last search of each datastore's files found.</summary>
public sealed class FileSurveyStore
{
    readonly CatalogFile _file;

    internal FileSurveyStore(CatalogFile file) => _file = file;

    /// <summary>Replaces what was known of a datastore that a sample was recorded of.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task RecordAsync(string vcenterUuid, FileSurveyRecord survey, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(survey);
        return _file.WriteAsync("recording a search of files", async (connection, transaction) =>
        {
            var id = await connection.ExecuteScalarAsync<long?>(
                "SELECT id FROM datastore WHERE vcenter_uuid = @vcenterUuid AND moref = @Datastore", new { vcenterUuid, survey.Datastore }, transaction)
                .ConfigureAwait(false);
            await connection.ExecuteAsync("DELETE FROM file_survey WHERE datastore_id = @id", new { id }, transaction).ConfigureAwait(false);
            await connection.ExecuteAsync(
                "INSERT INTO file_survey (datastore_id, taken_at, left_out) VALUES (@id, @takenAt, @LeftOut)",
                new { id, takenAt = UtcText.From(survey.TakenAt), survey.LeftOut }, transaction).ConfigureAwait(false);
            await connection.ExecuteAsync(
                "INSERT OR REPLACE INTO unreferenced_file (datastore_id, path, bytes, modified_at) VALUES (@id, @Path, @Bytes, @modifiedAt)",
                survey.Files.Select(file => new { id, file.Path, file.Bytes, modifiedAt = UtcText.From(file.ModifiedAt) }).ToList(), transaction)
                .ConfigureAwait(false);
            return true;
        }, cancellationToken);
    }

    /// <summary>The last search of each datastore of a vCenter.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public Task<IReadOnlyList<FileSurveyRecord>> ListAsync(string vcenterUuid, CancellationToken cancellationToken) =>
        _file.ReadAsync("reading searches of files", async connection =>
        {
            await using var transaction = connection.BeginTransaction(deferred: true);
            var surveys = await connection.QueryAsync<SurveyRow>("""
                SELECT s.datastore_id AS Id, d.moref AS Datastore, s.taken_at AS TakenAt, s.left_out AS LeftOut
                FROM file_survey s JOIN datastore d ON d.id = s.datastore_id WHERE d.vcenter_uuid = @vcenterUuid
                """, new { vcenterUuid }, transaction).ConfigureAwait(false);
            var files = (await connection.QueryAsync<FileRow>("""
                SELECT f.datastore_id AS Id, f.path AS Path, f.bytes AS Bytes, f.modified_at AS ModifiedAt
                FROM unreferenced_file f JOIN datastore d ON d.id = f.datastore_id WHERE d.vcenter_uuid = @vcenterUuid ORDER BY f.bytes DESC, f.path
                """, new { vcenterUuid }, transaction).ConfigureAwait(false)).ToLookup(file => file.Id);
            return (IReadOnlyList<FileSurveyRecord>)
            [
                .. surveys.Select(survey => new FileSurveyRecord(survey.Datastore, UtcText.Parse(survey.TakenAt), survey.LeftOut,
                    [.. files[survey.Id].Select(file => new UnreferencedFileRecord(file.Path, file.Bytes, UtcText.ParseOptional(file.ModifiedAt)))])),
            ];
        }, cancellationToken);

    sealed class SurveyRow
    {
        public long Id { get; init; }
        public required string Datastore { get; init; }
        public required string TakenAt { get; init; }
        public string? LeftOut { get; init; }
    }

    sealed class FileRow
    {
        public long Id { get; init; }
        public required string Path { get; init; }
        public long Bytes { get; init; }
        public string? ModifiedAt { get; init; }
    }
}
