using Dapper;

namespace VmProxy.Catalog;

/// <summary>What still stands, so that nobody is told the same every hour.</summary>
public sealed class StandingNoticeStore
{
    const string Columns = "SELECT kind AS Kind, subject AS Subject, level AS Level, since AS Since, told_at AS ToldAt FROM standing_notice";

    readonly CatalogFile _file;
    readonly TimeProvider _time;

    internal StandingNoticeStore(CatalogFile file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>
    /// Records how bad it is now, and says what that changes. What is reported as a change counts as told. When it gets better without
    /// ending, that is recorded and not told.
    /// </summary>
    /// <param name="kind">What kind of thing.</param>
    /// <param name="subject">The object that it is about.</param>
    /// <param name="level">How bad it is; 0 is fine.</param>
    /// <param name="repeatAfter">When it is told again though nothing changed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task<StandingChange> UpdateAsync(string kind, string subject, int level, TimeSpan repeatAfter, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        return _file.WriteAsync("recording what stands", async (connection, transaction) =>
        {
            var known = (await connection.QuerySingleOrDefaultAsync<Row>($"{Columns} WHERE kind = @kind AND subject = @subject", new { kind, subject }, transaction)
                .ConfigureAwait(false))?.ToRecord();
            if (level == 0)
            {
                await connection.ExecuteAsync("DELETE FROM standing_notice WHERE kind = @kind AND subject = @subject", new { kind, subject }, transaction).ConfigureAwait(false);
                return known is null ? StandingChange.None : StandingChange.Ended;
            }

            var change = known switch
            {
                null => StandingChange.Began,
                _ when level > known.Level => StandingChange.Worsened,
                _ when now - known.ToldAt >= repeatAfter => StandingChange.StillStands,
                _ => StandingChange.None,
            };
            await connection.ExecuteAsync("""
                INSERT OR REPLACE INTO standing_notice (kind, subject, level, since, told_at) VALUES (@kind, @subject, @level, @since, @told)
                """,
                new
                {
                    kind,
                    subject,
                    level,
                    since = UtcText.From(known?.Since ?? now),
                    told = UtcText.From(change == StandingChange.None ? known!.ToldAt : now),
                },
                transaction).ConfigureAwait(false);
            return change;
        }, cancellationToken);
    }

    /// <summary>What of a kind stands.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<IReadOnlyList<StandingNotice>> ListAsync(string kind, CancellationToken cancellationToken) =>
    [
        .. (await _file.QueryAsync<Row>("reading what stands", $"{Columns} WHERE kind = @kind ORDER BY subject", new { kind }, cancellationToken).ConfigureAwait(false))
            .Select(row => row.ToRecord()),
    ];

    sealed class Row
    {
        public required string Kind { get; init; }
        public required string Subject { get; init; }
        public required int Level { get; init; }
        public required string Since { get; init; }
        public required string ToldAt { get; init; }

        public StandingNotice ToRecord() => new(Kind, Subject, Level, UtcText.Parse(Since), UtcText.Parse(ToldAt));
    }
}
