using System.Diagnostics;
using Microsoft.Data.Sqlite;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Reports;
using VmProxy.Lab;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests.Capacity;

[NonParallelizable]
sealed class CapacitySpeedTests : EngineFixture
{
    const int Datastores = 500;

    /// <summary>What is left after thinning of a year of hourly samples: two weeks by the hour, the rest by the day.</summary>
    const int Hours = 14 * 24;

    const int Days = 365 - 14;

    static readonly TimeSpan Wanted = TimeSpan.FromSeconds(2);

    [Test]
    public async Task A_report_on_500_datastores_with_a_year_of_samples_takes_under_two_seconds()
    {
        await StartAsync(options =>
        {
            options.Datastores = [.. Enumerable.Range(0, Datastores).Select(index => new LabDatastoreOptions { Name = $"ds{index:000}", Capacity = 10L << 40 })];
            options.VirtualMachines.Add(LabBench.Vm("web01"));
        });
        await using var session = OpenSession();
        await new CapacitySampler(session).SampleAsync(FileSearch.Never, default);
        await FillAsync(session.Settings.CatalogPath);
        var vcenter = await session.VcenterAsync(session.Settings.VCenters[0], default);
        var reading = await VcenterCapacity.ReadAsync(vcenter, [], default);
        var catalog = await session.CatalogAsync(default);

        // What vCenter takes to answer is its own affair, and the simulated one shares the processor. The first report of a process pays for what the
        // runtime compiles; the fastest of a few is what the report costs.
        var (fastest, rows, html) = (TimeSpan.MaxValue, (IReadOnlyList<DatastoreCapacity>)[], "");
        for (var turn = 0; turn < 2 || (turn < 8 && fastest > Wanted); turn++)
        {
            var clock = Stopwatch.StartNew();
            var now = session.Time.GetUtcNow();
            await reading.RecordAsync(catalog, now, default);
            rows = await new CapacityRows(session.Settings.Guard, reading, now).BuildAsync(catalog, default);
            html = CapacityHtml.Write(new CapacityReport(now, rows), new GuardSettings());
            TestContext.Out.WriteLine($"{clock.Elapsed.TotalMilliseconds:0} ms, {html.Length >> 10} KiB of HTML");
            fastest = clock.Elapsed < fastest ? clock.Elapsed : fastest;
        }

        Assert.That(rows, Has.Count.EqualTo(Datastores));
        Assert.That(rows, Has.All.Matches<DatastoreCapacity>(row => row.History.Count >= 365 && row.Forecast.Verdict == FillVerdict.Filling));
        Assert.That(fastest, Is.LessThan(Wanted));
    }

    /// <summary>Samples of the past year, written behind the catalog's back: one by one they would take longer than the test may.</summary>
    static async Task FillAsync(string catalog)
    {
        await using var connection = new SqliteConnection($"Data Source={catalog}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"""
            PRAGMA synchronous = OFF;
            WITH RECURSIVE hour (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM hour WHERE n < {Hours}),
                           day (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM day WHERE n < {Days}),
                           age (hours, at) AS MATERIALIZED (
                               SELECT n, strftime('%Y-%m-%dT%H:%M:%S.0000000Z', 'now', '-' || n || ' hours')
                               FROM (SELECT n FROM hour UNION ALL SELECT {Hours} + 24 * n FROM day) ORDER BY n DESC)
            INSERT INTO capacity_sample (datastore_id, taken_at, capacity_bytes, free_bytes)
            SELECT d.id, age.at, 10995116277760, 8000000000000 + age.hours * 300000000 + (age.hours * 7919 + d.id) % 1000 * 1000000
            FROM datastore d CROSS JOIN age
            """;
        await command.ExecuteNonQueryAsync();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        await command.ExecuteNonQueryAsync();
    }
}
