namespace VmProxy.Catalog;

/// <summary>Notices on their way. One stays until its receiver has taken it, also over a restart.</summary>
public sealed class OutgoingNoticeStore
{
    static readonly TimeSpan KeepEnded = TimeSpan.FromDays(30);

    readonly CatalogFile _file;
    readonly TimeProvider _time;

    internal OutgoingNoticeStore(CatalogFile file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>Adds one for each of these receivers.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task AddAsync(IEnumerable<string> channels, string document, CancellationToken cancellationToken)
    {
        var now = UtcText.From(_time.GetUtcNow());
        return _file.ExecuteAsync(
            "recording a notice",
            "INSERT INTO outgoing_notice (channel, document, created_at, next_attempt_at) VALUES (@channel, @document, @now, @now)",
            channels.Select(channel => new { channel, document, now }).ToList(),
            cancellationToken);
    }

    /// <summary>Those that should be tried now, oldest first.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<IReadOnlyList<OutgoingNotice>> ListDueAsync(CancellationToken cancellationToken) =>
    [
        .. (await _file.QueryAsync<Row>("reading notices", """
            SELECT id AS Id, channel AS Channel, document AS Document, created_at AS CreatedAt, attempts AS Attempts
            FROM outgoing_notice WHERE ended_at IS NULL AND next_attempt_at <= @now ORDER BY id
            """, new { now = UtcText.From(_time.GetUtcNow()) }, cancellationToken).ConfigureAwait(false))
            .Select(row => new OutgoingNotice(row.Id, row.Channel, row.Document, UtcText.Parse(row.CreatedAt), (int)row.Attempts)),
    ];

    /// <summary>Records that its receiver has it; what ended long ago is forgotten.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task DeliveredAsync(long id, CancellationToken cancellationToken) => _file.ExecuteAsync(
        "recording a delivery",
        """
        UPDATE outgoing_notice SET ended_at = @now, delivered = 1, attempts = attempts + 1, last_error = NULL WHERE id = @id;
        DELETE FROM outgoing_notice WHERE ended_at < @old;
        """,
        new { id, now = UtcText.From(_time.GetUtcNow()), old = UtcText.From(_time.GetUtcNow() - KeepEnded) },
        cancellationToken);

    /// <summary>Records a failed attempt, and when the next one is; null gives it up.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task FailedAsync(long id, string error, DateTimeOffset? next, CancellationToken cancellationToken) => _file.ExecuteAsync(
        "recording a failed delivery",
        """
        UPDATE outgoing_notice
        SET attempts = attempts + 1, last_error = @error, next_attempt_at = coalesce(@next, next_attempt_at), ended_at = CASE WHEN @next IS NULL THEN @now END
        WHERE id = @id
        """,
        new { id, error, next = UtcText.From(next), now = UtcText.From(_time.GetUtcNow()) },
        cancellationToken);

    sealed class Row
    {
        public required long Id { get; init; }
        public required string Channel { get; init; }
        public required string Document { get; init; }
        public required string CreatedAt { get; init; }
        public required long Attempts { get; init; }
    }
}
