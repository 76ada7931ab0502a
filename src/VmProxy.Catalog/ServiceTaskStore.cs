namespace VmProxy.Catalog;

/// <summary>What the service has begun and ended.</summary>
public sealed class ServiceTaskStore
{
    readonly CatalogFile _file;
    readonly TimeProvider _time;

    internal ServiceTaskStore(CatalogFile file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>Records that it begins.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task BeginAsync(string name, CancellationToken cancellationToken) => _file.ExecuteAsync(
        "recording a task",
        "INSERT OR REPLACE INTO service_task (name, began_at) VALUES (@name, @now)",
        new { name, now = UtcText.From(_time.GetUtcNow()) },
        cancellationToken);

    /// <summary>Records that it has ended.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task EndAsync(string name, CancellationToken cancellationToken) => _file.ExecuteAsync(
        "recording a task",
        "UPDATE service_task SET ended_at = @now WHERE name = @name",
        new { name, now = UtcText.From(_time.GetUtcNow()) },
        cancellationToken);

    /// <summary>The last time; null when it was never begun.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<ServiceTask?> FindAsync(string name, CancellationToken cancellationToken) =>
        (await ListAsync("WHERE name = @name", new { name }, cancellationToken).ConfigureAwait(false)).SingleOrDefault();

    /// <summary>What was begun and has not ended.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public Task<IReadOnlyList<ServiceTask>> ListUnendedAsync(CancellationToken cancellationToken) => ListAsync("WHERE ended_at IS NULL", new { }, cancellationToken);

    async Task<IReadOnlyList<ServiceTask>> ListAsync(string where, object parameters, CancellationToken cancellationToken) =>
    [
        .. (await _file.QueryAsync<Row>(
            "reading tasks", $"SELECT name AS Name, began_at AS BeganAt, ended_at AS EndedAt FROM service_task {where} ORDER BY name", parameters, cancellationToken)
            .ConfigureAwait(false)).Select(row => new ServiceTask(row.Name, UtcText.Parse(row.BeganAt), UtcText.ParseOptional(row.EndedAt))),
    ];

    sealed class Row
    {
        public required string Name { get; init; }
        public required string BeganAt { get; init; }
        public string? EndedAt { get; init; }
    }
}
