using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Reports;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests.Capacity;

sealed class CapacitySamplerTests : EngineFixture
{
    [Test]
    public async Task What_fills_a_datastore_is_named_and_what_is_left_out_is_not()
    {
        await StartAsync(options =>
        {
            options.Datastores = [new LabDatastoreOptions { Capacity = 1L << 30 }, new LabDatastoreOptions { Name = "vsan1", Type = "vsan" }];
            options.VirtualMachines.Add(LabBench.Vm("web01"));
            options.VirtualMachines.Add(LabBench.Vm("db01"));
        });
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(30));
        var first = Only(await SampleAsync(time, FileSearch.Never));
        Assert.That((first.Level, first.Forecast.Verdict, first.VirtualMachines), Is.EqualTo((CapacityLevel.Fine, FillVerdict.TooFewSamples, 3)));
        Assert.That((first.Consumers.Growth.Count, first.Consumers.Files, first.SnapshotBytes), Is.EqualTo((0, (FileSurvey?)null, 0L)));

        await Bench.Lab.Control.Operator.CreateSnapshotAsync("db01", "before the update");
        await Bench.Lab.Control.Guest.WriteRandomAsync("db01", 0, 8 << 20, 3 << 20, seed: 1);
        Stray("old/old.vmdk", 4 << 20);
        Stray("old/old-flat.vmdk", 4 << 20);
        Stray("fcd/first-class.vmdk", 4 << 20);
        Stray("iso/debian.iso", 4 << 20);
        time.Advance(TimeSpan.FromDays(2));
        var now = Only(await SampleAsync(time, FileSearch.Now));
        Assert.That(now.Consumers.Growth.Select(vm => vm.VirtualMachine), Is.EqualTo(new[] { "db01" }));
        Assert.That(now.Consumers.Growth[0].GrownBytes, Is.InRange(3 << 20, 4 << 20));
        Assert.That(now.Consumers.Snapshots.Select(snapshot => (snapshot.VirtualMachine, snapshot.Snapshot)), Is.EqualTo(new[] { ("db01", "before the update") }));
        Assert.That(now.SnapshotBytes, Is.InRange(3 << 20, 4 << 20).And.EqualTo(now.Consumers.Snapshots[0].Bytes));
        Assert.That(now.Consumers.Files!.LeftOut, Is.Null);
        Assert.That(now.Consumers.Files.Unreferenced.Select(file => file.File), Is.EqualTo(new[] { "[datastore1] old/old.vmdk" }));
        Assert.That(now.Consumers.Files.Unreferenced[0].Bytes, Is.InRange(4 << 20, (4 << 20) + 1000L).Or.EqualTo(8L << 20));

        var hourly = await SampleAsync(time, FileSearch.WhenDue);
        Assert.That(Only(hourly).Consumers.Files!.Taken, Is.EqualTo(time.GetUtcNow()).Within(TimeSpan.FromSeconds(1)), "the search of before");
        Assert.That(hourly.Datastores.Single(row => row.Name == "vsan1").Consumers.Files!.LeftOut, Does.Contain("several names"));
        Assert.That(hourly.Warnings, Is.Empty);
    }

    [Test]
    public async Task An_hourly_sample_searches_what_is_due_and_one_refusal_is_told_once_a_day()
    {
        await StartAsync(options =>
        {
            options.Datastores = [.. Enumerable.Range(0, 14).Select(index => new LabDatastoreOptions { Name = $"ds{index:00}", Capacity = 1L << 30 })];
            options.VirtualMachines.Add(LabBench.Vm("web01"));
            options.MissingPrivileges.Add("Datastore.Browse");
        });
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var session = OpenSession(time: time);
        Bench.Lab.Control.Operator.TakeRoom("ds05", 1 << 29);
        var told = new List<int>();
        for (var hour = 0; hour < 8; hour++)
        {
            var report = await new CapacitySampler(session).SampleAsync(default);
            told.Add(report.Warnings.Count);
            Assert.That(report.Datastores[0].Name, Is.EqualTo("ds05"), "the fullest first");
            time.Advance(TimeSpan.FromHours(1));
            if (hour == 7)
            {
                Assert.That(report.Datastores.Select(row => row.Consumers.Files!.LeftOut), Has.All.Contains("could not be searched"));
            }
        }

        Assert.That(told, Is.EqualTo(new[] { 2, 2, 2, 2, 2, 2, 2, 0 }), "a twelfth of them an hour, and each but once a day");
    }

    [Test]
    public async Task The_first_sample_of_a_day_thins_out_what_is_old_and_one_of_a_clock_that_jumped_does_not()
    {
        await StartAsync();
        var now = TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddHours(12);
        var time = new FakeTimeProvider(new DateTimeOffset(now, TimeSpan.Zero).AddDays(40));
        await using var session = OpenSession(time: time);
        var catalog = await session.CatalogAsync(default);
        var datastore = (await session.VcenterAsync(session.Settings.VCenters[0], default)).Connection;
        var record = new Catalog.DatastoreRecord(datastore.InstanceUuid, (await datastore.ReadInventoryAsync(default)).Datastores[0].Id.ToString(), "datastore1", "VMFS");
        async Task Record(DateTimeOffset at, long free) =>
            await catalog.Capacity.RecordAsync([(record, new Catalog.CapacitySample { TakenAt = at, CapacityBytes = 1000, FreeBytes = free })], default);
        for (var minute = 0; minute < 3; minute++)
        {
            await Record(time.GetUtcNow().AddDays(-30).AddMinutes(minute), 500 - minute);
        }

        async Task<int> Old() => (await catalog.Capacity.ListAsync(record.VcenterUuid, record.MoRef, DateTimeOffset.MinValue, default)).Count(sample => sample.FreeBytes is > 490 and <= 500);
        await new CapacitySampler(session).SampleAsync(FileSearch.Never, default);
        Assert.That(await Old(), Is.EqualTo(3), "nobody knows yet whether the clock is right");
        for (var day = 8; day > 0; day--)
        {
            await Record(time.GetUtcNow().AddDays(-day), 600);
        }

        time.Advance(TimeSpan.FromDays(1));
        await new CapacitySampler(session).SampleAsync(FileSearch.Never, default);
        Assert.That(await Old(), Is.EqualTo(1), "the low of that day");
        time.Advance(TimeSpan.FromDays(3650));
        for (var day = 0; day < 3; day++)
        {
            await new CapacitySampler(session).SampleAsync(FileSearch.Never, default);
            time.Advance(TimeSpan.FromDays(1));
        }

        Assert.That(await Old(), Is.EqualTo(1), "ten years later, by a clock that was right for three days only");
    }

    [Test]
    public async Task A_vcenter_that_is_away_is_a_warning_beside_the_others()
    {
        await StartAsync();
        var away = Bench.Root["VCenters"]![0]!.DeepClone();
        away["Name"] = "away";
        away["Url"] = "https://127.0.0.1:9/";
        ((JsonArray)Bench.Root["VCenters"]!).Add(away);
        Bench.Job["VCenter"] = "lab";
        var report = await SampleAsync(TimeProvider.System, FileSearch.Never);
        Assert.That(report.Datastores.Select(row => row.Vcenter), Is.EqualTo(new[] { "lab" }));
        Assert.That(report.Warnings.Single().Code, Is.EqualTo(Vsphere.VsphereErrorCodes.Unreachable));
        ((JsonArray)Bench.Root["VCenters"]!).RemoveAt(0);
        Bench.Job["VCenter"] = "away";
        Assert.That(() => SampleAsync(TimeProvider.System, FileSearch.Never), Throws.InstanceOf<Vsphere.VsphereException>());
    }

    [Test]
    public async Task A_delta_that_a_failed_consolidation_left_is_told()
    {
        await StartAsync();
        DatastoreCapacity? seen = null;
        await using var session = OpenSession(new SessionParts
        {
            // The attached disk is locked, so what an operator's "delete all snapshots" leaves has to be consolidated.
            Checkpoints = new AtMoment("attach.made", async () =>
            {
                await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 2 << 20, seed: 1);
                Bench.Lab.Control.Operator.DeleteAllSnapshots("web01");
                seen = Only(await SampleAsync(TimeProvider.System, FileSearch.Never));
            }),
        });
        await new BackupJob(session, null).RunAsync(new BackupRequest(), default);
        Assert.That(seen!.Consumers.DeltasWithoutSnapshot.Select(delta => (delta.VirtualMachine, delta.ConsolidationNeeded)), Is.EqualTo(new[] { ("web01", true) }));
        Assert.That(seen.Consumers.DeltasWithoutSnapshot[0].Bytes, Is.InRange(2 << 20, 3 << 20));
        Assert.That(Only(await SampleAsync(TimeProvider.System, FileSearch.Never)).Consumers.DeltasWithoutSnapshot, Is.Empty);
    }

    [Test]
    public async Task Growth_counts_a_repository_after_a_backup_and_works_when_it_is_away()
    {
        await StartAsync();
        Only(await BackupAsync());
        await using var session = OpenSession();
        var row = (await new GrowthReporter(session).RunAsync(default)).Repositories.Single();
        Assert.That((row.Points, row.ProtectedBytes, row.Forecast.Verdict), Is.EqualTo((1L, 16L << 20, FillVerdict.TooFewSamples)));
        Assert.That(row.StoredBytes, Is.InRange(4L << 20, 5L << 20));
        Assert.That((row.History.Count, row.DiskHistory.Count), Is.EqualTo((1, 1)));
        Directory.Move(Bench.RepositoryFolder, Bench.RepositoryFolder + "-away");
        await using var another = OpenSession();
        var report = await new GrowthReporter(another).RunAsync(default);
        Assert.That(report.Warnings, Has.Count.EqualTo(1));
        Assert.That(report.Repositories.Single().StoredBytes, Is.EqualTo(row.StoredBytes), "as the catalog remembers");
        Directory.Move(Bench.RepositoryFolder + "-away", Bench.RepositoryFolder);
    }

    [Test]
    public async Task Reports_work_on_an_empty_catalog()
    {
        await StartAsync();
        await using var session = OpenSession();
        Assert.That((await new JobsReporter(session).RunAsync(TimeSpan.FromDays(1), default)).Runs, Is.Empty);
        var growth = (await new GrowthReporter(session).RunAsync(default)).Repositories.Single();
        Assert.That((growth.Points, growth.Reduction), Is.EqualTo((0L, (double?)0.0)).Or.EqualTo((0L, (double?)null)));
        Assert.That(Only(await SampleAsync(TimeProvider.System, FileSearch.Never)).History, Has.Count.EqualTo(1));
    }

    async Task<CapacityReport> SampleAsync(TimeProvider time, FileSearch search)
    {
        await using var session = OpenSession(time: time);
        return await new CapacitySampler(session).SampleAsync(search, default);
    }

    static DatastoreCapacity Only(CapacityReport report) => report.Datastores.Single(row => row.Name == "datastore1");

    void Stray(string path, int bytes)
    {
        var file = Path.Combine(Bench["lab"], "datastores", "datastore1", path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, [.. Enumerable.Repeat((byte)1, bytes)]);
    }
}
