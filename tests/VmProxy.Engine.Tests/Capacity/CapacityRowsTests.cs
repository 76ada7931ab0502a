using Microsoft.Extensions.Time.Testing;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Capacity.Files;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Reports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests.Capacity;

/// <summary>The figures of a report, from an inventory of which they are known.</summary>
sealed class CapacityRowsTests : EngineFixture
{
    static readonly DateTimeOffset Now = Histories.Now;

    static readonly Datastore East = Store("datastore-1", "shared", 1000, 300) with { UncommittedBytes = 800 };
    static readonly Datastore West = Store("datastore-2", "shared", 2000, 1900);
    static readonly Datastore Away = Store("datastore-3", "away", 500, 1) with { Accessible = false };

    static readonly VirtualMachine Old = Vm("vm-1", "old01", East) with
    {
        Storage = [new VmStorage("shared", 400, 150, 30)],
        Snapshots = [Snapshot("snapshot-1", 100, 20), Snapshot("snapshot-2", 50, 3)],
        DeltaChains = [new DeltaChain(2000, "[shared] old01/old01-000001.vmdk", "[shared] old01/old01.vmdk", 150)],
    };

    static readonly VirtualMachine Fresh = Vm("vm-2", "new01", East) with { Storage = [new VmStorage("shared", 200, 0, 40)] };

    static readonly VirtualMachine Clone = Vm("vm-3", "clone01", East) with
    {
        DeltaChains = [new DeltaChain(2000, "[shared] clone01/clone01.vmdk", "[shared] golden/golden.vmdk", 90)],
    };

    static readonly VirtualMachine Broken = Vm("vm-4", "broken01", East) with
    {
        DeltaChains = [new DeltaChain(2000, "[shared] broken01/broken01-000002.vmdk", "[shared] broken01/broken01.vmdk", 70)],
    };

    static readonly VirtualMachine OfWest = Vm("vm-5", "west01", West) with { Storage = [new VmStorage("shared", 95, 5, 7)] };

    [Test]
    public async Task Each_figure_is_of_its_datastore_and_what_is_away_is_not_sampled()
    {
        await StartAsync();
        await using var session = OpenSession(time: new FakeTimeProvider(Now));
        var rows = await RowsAsync(session, Now.AddDays(-10), [Old with { Storage = [new VmStorage("shared", 350, 150, 30)] }, Clone, Broken, OfWest]);
        Assert.That(rows.SelectMany(row => row.Consumers.Growth), Is.Empty, "there is nothing earlier");
        rows = await RowsAsync(session, Now, [Old, Fresh, Clone, Broken, OfWest]);
        var (east, west, away) = (rows[0], rows[1], rows[2]);
        Assert.That((east.SnapshotBytes, east.SwapBytes, east.VirtualMachines, east.Snapshots, east.OldestSnapshot), Is.EqualTo((150L, 70L, 4, 2, Now.AddDays(-20))));
        Assert.That((west.SnapshotBytes, west.SwapBytes, west.VirtualMachines, west.Snapshots), Is.EqualTo((5L, 7L, 1, 0)), "of the same name, in another datacenter");
        Assert.That((east.UsedBytes, east.ProvisionedBytes, east.ProvisionedPercent), Is.EqualTo((700L, 1500L, 150.0)));
        Assert.That((west.ProvisionedBytes, west.ProvisionedPercent), Is.EqualTo(((long?)null, (double?)null)), "where the server does not say");
        Assert.That((east.BelowFloor, west.BelowFloor), Is.EqualTo((true, true)), "10 GiB are the least");
        Assert.That(east.Consumers.Growth.Select(vm => (vm.VirtualMachine, vm.GrownBytes)), Is.EqualTo(new[] { ("new01", 200L), ("old01", 50L) }), "all of a new VM, and what did not grow is not there");
        Assert.That(east.Consumers.Snapshots.Select(snapshot => snapshot.Bytes), Is.EqualTo(new long?[] { 100, 50 }));
        Assert.That(east.Consumers.DeltasWithoutSnapshot.Select(delta => delta.VirtualMachine), Is.EqualTo(new[] { "broken01" }), "neither a linked clone nor one with snapshots");

        var catalog = await session.CatalogAsync(default);
        var sample = (await catalog.Capacity.ListAsync(await UuidAsync(session), East.Id.ToString(), Now, default)).Single();
        Assert.That(
            (sample.UncommittedBytes, sample.ProvisionedBytes, sample.SnapshotBytes, sample.SnapshotCount, sample.SwapBytes, sample.VmCount, sample.OldestSnapshotAt),
            Is.EqualTo(((long?)800, (long?)1500, (long?)150, (int?)2, (long?)70, (int?)4, (DateTimeOffset?)Now.AddDays(-20))));
        Assert.That((await catalog.Capacity.ListDatastoresAsync(default)).Select(datastore => datastore.MoRef), Is.EqualTo(new[] { East.Id.ToString(), West.Id.ToString() }));
        Assert.That((away.Accessible, away.History.Count), Is.EqualTo((false, 0)));
        var roomy = new GuardSettings { FreeSpace = new ByteSize(0), FreeSpacePercent = 30 };
        Assert.That((await RowsAsync(session, Now, [], roomy)).Select(row => row.BelowFloor), Is.EqualTo(new[] { false, false, true }), "the floor itself is enough");
    }

    [Test]
    public async Task A_day_is_its_fullest_moment_and_a_year_is_enough()
    {
        await StartAsync();
        await using var session = OpenSession(time: new FakeTimeProvider(Now));
        foreach (var (hours, free) in new[] { (-366 * 24, 111), (-364 * 24, 222), (-26, 500), (-25, 400), (-24, 600) })
        {
            await RowsAsync(session, Now.AddHours(hours), [], free: free);
        }

        var history = (await RowsAsync(session, Now, [], free: 700))[0].History;
        Assert.That(history.Select(day => day.FreeBytes), Is.EqualTo(new long[] { 222, 400, 700 }));
    }

    [TestCase(999, 1, "100 %", TestName = "As much as there is, is not overcommitted")]
    [TestCase(1000, 0, "100 %", TestName = "Full and nothing promised")]
    [TestCase(999, 11, "101 %, overcommitted", TestName = "More than there is, is")]
    public void Overcommitment_begins_above_the_capacity(long used, long uncommitted, string said)
    {
        var row = new DatastoreCapacity
        {
            Vcenter = "vc", Name = "ds", Id = "1", Type = "VMFS", CapacityBytes = 1000, FreeBytes = 1000 - used, UncommittedBytes = uncommitted, Level = CapacityLevel.Fine,
            Forecast = new FillForecast { Verdict = FillVerdict.TooFewSamples }, SwapBytes = 0, Accessible = true, VirtualMachines = 0, Snapshots = 0, SnapshotBytes = 0, BelowFloor = true,
        };
        var html = CapacityHtml.Write(new CapacityReport(Now, [row]), new GuardSettings());
        Assert.That(html, Does.Contain($"""<td class="number">{said}</td>""").And.Contain("below floor"));
        Assert.That(CapacityHtml.Write(new CapacityReport(Now, [row with { BelowFloor = false }]), new GuardSettings()), Does.Not.Contain("below floor"));
    }

    [Test]
    public async Task A_vm_that_was_registered_during_a_search_keeps_its_files_from_being_named_and_a_day_later_is_searched_again()
    {
        await StartAsync();
        var file = Path.Combine(Bench["lab"], "datastores", "datastore1", "old", "old.vmdk");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllBytesAsync(file, [.. Enumerable.Repeat((byte)1, 4 << 20)]);
        var now = TimeProvider.System.GetUtcNow().AddDays(30);
        await using var session = OpenSession(time: new FakeTimeProvider(now));
        var catalog = await session.CatalogAsync(default);
        var reading = await VcenterCapacity.ReadAsync(await session.VcenterAsync(session.Settings.VCenters[0], default), [], default);
        await reading.RecordAsync(catalog, now, default);
        async Task<string[]> SearchAsync(DateTimeOffset at, FileSearch search, params string[] registered)
        {
            var reads = 0;
            await new FileSurveyor(catalog, [reading], async (of, token) =>
            {
                var known = await of.Vcenter.Connection.Files.ReadReferencesAsync(token);
                return reads++ == 0 ? known : known with { Files = known.Files.Concat(registered).ToHashSet() };
            }).RunAsync(search, at, default);
            return [.. (await catalog.FileSurveys.ListAsync(reading.Uuid, default)).SelectMany(survey => survey.Files.Select(one => one.Path))];
        }

        Assert.That(await SearchAsync(now, FileSearch.WhenDue), Is.EqualTo(new[] { "[datastore1] old/old.vmdk" }));
        Assert.That(await SearchAsync(now.AddHours(22), FileSearch.WhenDue, "[datastore1] old/old.vmdk"), Has.Length.EqualTo(1), "is not due yet");
        Assert.That(await SearchAsync(now.AddHours(24), FileSearch.WhenDue, "[datastore1] old/old.vmdk"), Is.Empty);
        Assert.That(await SearchAsync(now.AddYears(-5), FileSearch.WhenDue), Has.Length.EqualTo(0), "too young then");
        var last = (await catalog.FileSurveys.ListAsync(reading.Uuid, default)).Single().TakenAt;
        Assert.That(last, Is.EqualTo(now.AddYears(-5)), "a search of the future is of a clock that was wrong");
    }

    [Test]
    public async Task A_repository_is_counted_once_a_day_and_its_disk_is_sampled()
    {
        await StartAsync();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var session = OpenSession(time: time);
        var catalog = await session.CatalogAsync(default);
        var opened = await session.RepositoryAsync(session.Settings.Repositories[0], default);
        var sampler = new RepositorySampler(session);
        async Task<int> Counts() => (await catalog.RepositorySamples.ListAsync("main", DateTimeOffset.MinValue, default)).Count(sample => sample.DataBytes is not null);
        for (var hour = 0; hour < 3; hour++)
        {
            await sampler.CountWhenDueAsync(opened, default);
            time.Advance(TimeSpan.FromHours(6));
        }

        Assert.That(await Counts(), Is.EqualTo(1));
        time.Advance(TimeSpan.FromHours(6));
        await sampler.CountWhenDueAsync(opened, default);
        Assert.That(await Counts(), Is.EqualTo(2));
        await sampler.SampleDisksAsync(time.GetUtcNow(), default);
        var disk = (await catalog.RepositorySamples.ListAsync("main", time.GetUtcNow(), default))[^1];
        Assert.That((disk.DiskCapacityBytes, disk.DiskFreeBytes), Is.EqualTo((session.Parts.Folders(Bench.RepositoryFolder)!.Value.CapacityBytes, disk.DiskFreeBytes)));
        Assert.That(disk.DiskFreeBytes, Is.LessThan(disk.DiskCapacityBytes!.Value));

        // Of several counts of a day the last is the day's.
        await catalog.RepositorySamples.RecordAsync("main", new Catalog.RepositorySample { TakenAt = time.GetUtcNow().AddMinutes(1), DataBytes = 7, MetadataBytes = 1, Points = 9 }, default);
        time.Advance(TimeSpan.FromMinutes(1));
        await catalog.RepositorySamples.RecordAsync("main", new Catalog.RepositorySample { TakenAt = time.GetUtcNow().AddMinutes(1), DataBytes = 8, MetadataBytes = 1, Points = 10 }, default);
        time.Advance(TimeSpan.FromMinutes(2));
        Directory.Move(Bench.RepositoryFolder, Bench.RepositoryFolder + "-away");
        await using var another = OpenSession(time: time);
        var day = (await new GrowthReporter(another).RunAsync(default)).Repositories.Single().History[^1];
        Directory.Move(Bench.RepositoryFolder + "-away", Bench.RepositoryFolder);
        Assert.That((day.Points, day.StoredBytes), Is.EqualTo((10L, 9L)));
    }

    static async Task<IReadOnlyList<DatastoreCapacity>> RowsAsync(
        ProxySession session, DateTimeOffset at, IReadOnlyList<VirtualMachine> vms, GuardSettings? guard = null, long? free = null)
    {
        var vcenter = await session.VcenterAsync(session.Settings.VCenters[0], default);
        var reading = new VcenterCapacity(vcenter, new Inventory(vms, [East with { FreeBytes = free ?? East.FreeBytes }, West, Away], [], []));
        var catalog = await session.CatalogAsync(default);
        await reading.RecordAsync(catalog, at, default);
        return await new CapacityRows(guard ?? new GuardSettings(), reading, at).BuildAsync(catalog, default);
    }

    static async Task<string> UuidAsync(ProxySession session) => (await session.VcenterAsync(session.Settings.VCenters[0], default)).Connection.InstanceUuid;

    static Datastore Store(string id, string name, long capacity, long free) =>
        new() { Id = new ObjectId("Datastore", id), Name = name, Kind = DatastoreKind.Vmfs, TypeName = "VMFS", CapacityBytes = capacity, FreeBytes = free, Accessible = true };

    static VirtualMachine Vm(string id, string name, Datastore datastore) =>
        new() { Id = new ObjectId("VirtualMachine", id), Name = name, InstanceUuid = id, DatastoreIds = [datastore.Id] };

    static SnapshotInfo Snapshot(string id, long bytes, int days) =>
        new(new ObjectId("VirtualMachineSnapshot", id), id, "", 1, 1, null, Now.AddDays(-days), "poweredOn", false) { SizeBytes = bytes };
}
