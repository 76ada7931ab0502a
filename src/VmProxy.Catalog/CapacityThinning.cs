using Dapper;

namespace VmProxy.Catalog;

/// <summary>
/// Thins out capacity samples as they grow old. What is kept of an hour or a day is its fullest moment, whole, for that is what a forecast rests on and
/// what somebody will ask for.
/// </summary>
static class CapacityThinning
{
    /// <summary>Two days: every sample. Runs by hand may take several an hour.</summary>
    static readonly TimeSpan Everything = TimeSpan.FromDays(2);

    /// <summary>Two weeks: the low point of each hour.</summary>
    static readonly TimeSpan Hourly = TimeSpan.FromDays(14);

    /// <summary>Two years: the low point of each day.</summary>
    static readonly TimeSpan Daily = TimeSpan.FromDays(731);

    /// <summary>What VMs take is kept for as long as a forecast looks back.</summary>
    static readonly TimeSpan VmSpace = TimeSpan.FromDays(100);

    // "yyyy-MM-ddTHH" and "yyyy-MM-dd": times sort as text, so a prefix is a bucket.
    const int HourLength = 13;
    const int DayLength = 10;

    // Times sort as text: whatever begins with a prefix lies between it and the prefix with this behind it.
    const string AfterAll = "~";

    const string Step = "thinning out capacity";

    static readonly Table Datastores = new("capacity_sample", "datastore_id", "free_bytes", "false");

    // What a repository holds is counted but once a day, and that count is kept beside the low point of its disk.
    static readonly Table Repositories = new("repository_sample", "repository", "coalesce(disk_free_bytes, 9223372036854775807)", "data_bytes IS NOT NULL");

    /// <summary>Finds what is to be thinned, without holding the write lock, and deletes it. Returns how many samples went.</summary>
    public static async Task<int> RunAsync(CatalogFile file, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var gone = 0;
        foreach (var table in new[] { Datastores, Repositories })
        {
            foreach (var (age, length) in new[] { (Hourly, DayLength), (Everything, HourLength) })
            {
                gone += await ThinAsync(file, table, WholeDay(now - age), length, cancellationToken).ConfigureAwait(false);
            }

            gone += await file.ExecuteAsync(
                Step, $"DELETE FROM {table.Name} WHERE taken_at < @end", new { end = UtcText.From(now - Daily) }, cancellationToken).ConfigureAwait(false);
        }

        await file.ExecuteAsync(Step, "DELETE FROM vm_space WHERE day < @end", new { end = UtcText.From(now - VmSpace)[..DayLength] }, cancellationToken)
            .ConfigureAwait(false);
        return gone;
    }

    static async Task<int> ThinAsync(CatalogFile file, Table table, DateTimeOffset before, int length, CancellationToken cancellationToken)
    {
        var buckets = await file.QueryAsync<Bucket>(Step, $"""
            SELECT {table.Owner} AS Owner, substr(taken_at, 1, {length}) AS Prefix FROM {table.Name} WHERE taken_at < @end GROUP BY 1, 2 HAVING count(*) > 1
            """, new { end = UtcText.From(before) }, cancellationToken).ConfigureAwait(false);
        return buckets.Count == 0 ? 0 : await file.WriteAsync(
            Step, (connection, transaction) => connection.ExecuteAsync(Delete(table), buckets, transaction), cancellationToken).ConfigureAwait(false);
    }

    static string Delete(Table table)
    {
        var bucket = $"{table.Owner} = @Owner AND taken_at >= @Prefix AND taken_at < @Prefix || '{AfterAll}'";
        return $"""
            DELETE FROM {table.Name}
            WHERE {bucket}
              AND taken_at <> (SELECT taken_at FROM {table.Name} WHERE {bucket} ORDER BY {table.Low}, taken_at LIMIT 1)
              AND taken_at IS NOT (SELECT max(taken_at) FROM {table.Name} WHERE {bucket} AND {table.Kept})
            """;
    }

    // A bucket that is only half old would lose its low point to the half that is not looked at.
    static DateTimeOffset WholeDay(DateTimeOffset time) => new(time.UtcDateTime.Date, TimeSpan.Zero);

    /// <summary>A table of samples.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Owner">The column that says whose sample it is.</param>
    /// <param name="Low">The least of these in a bucket is kept.</param>
    /// <param name="Kept">The last of which this is true is kept as well.</param>
    sealed record Table(string Name, string Owner, string Low, string Kept);

    sealed class Bucket
    {
        public required object Owner { get; init; }
        public required string Prefix { get; init; }
    }
}
