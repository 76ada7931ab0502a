using VmProxy.Catalog;
using VmProxy.Engine.Guard;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests.Guard;

/// <summary>Where deltas go, how large they become, and what merging them takes.</summary>
sealed class ForecastTests
{
    static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddYears(56);

    static readonly ObjectId Ds1 = new("Datastore", "datastore-1");
    static readonly ObjectId Ds2 = new("Datastore", "datastore-2");
    static readonly ObjectId Ds3 = new("Datastore", "datastore-3");

    static readonly Inventory Inventory = new([], [Store(Ds1, "ds1"), Store(Ds2, "ds2"), Store(Ds3, "ds3")], [], []);

    [Test]
    public void Deltas_lie_beside_their_disks()
    {
        var places = DeltaPlaces.Of(Vm("[ds1] vm/", Disk(1, Ds1), Disk(2, Ds2), Disk(3, Ds3) with { DiskMode = "independent_persistent" }), Inventory);
        Assert.That(places.Select(Text), Is.EqualTo(new[] { "ds1: 1", "ds2: 2" }));
    }

    [Test]
    public void A_working_directory_elsewhere_may_receive_all_of_them()
    {
        var places = DeltaPlaces.Of(Vm("[ds3] snapshots/", Disk(1, Ds1), Disk(2, Ds2)), Inventory);
        Assert.That(places.Select(Text), Is.EqualTo(new[] { "ds1: 1", "ds2: 2", "ds3: 1 2" }));
    }

    [Test]
    public void The_home_is_asked_also_when_no_disk_lies_there()
    {
        Assert.That(DeltaPlaces.Of(Vm("[ds1] vm/", Disk(2, Ds2)), Inventory).Select(Text), Is.EqualTo(new[] { "ds1: ", "ds2: 2" }));
    }

    [Test]
    public void Only_what_lies_on_a_thick_base_merges_without_further_room()
    {
        var forecast = new Forecast(true, TimeSpan.FromHours(2), "", 0, "") { BytesPerHour = new Dictionary<int, double> { [1] = 64e9 }, DefaultPercentPerHour = 1 };
        var thick = Disk(1, Ds1) with { CapacityBytes = 1_000_000_000_000, Thin = false };
        Assert.That(forecast.DeltaBytes(thick), Is.EqualTo(130_000_000_000));
        Assert.That(forecast.MergeBytes(thick), Is.InRange(43_000_000_000, 45_000_000_000), "what the guest writes in the 40 minutes that merging takes");
        foreach (var grows in new[] { thick with { Thin = true }, thick with { Thin = null }, thick with { ParentChain = ["[ds1] vm/vm.vmdk"] } })
        {
            Assert.That(forecast.MergeBytes(grows) - forecast.MergeBytes(thick), Is.EqualTo(130_000_000_000));
        }

        Assert.That(forecast.DeltaBytes(thick with { CapacityBytes = 64_000_000 }), Is.EqualTo(65_000_000), "no delta outgrows its disk");
        Assert.That(forecast.DeltaBytes(thick with { Key = 2, CapacityBytes = 64_000_000_000 }), Is.EqualTo(1_300_000_000), "one percent an hour without a history");
    }

    [Test]
    public void The_rate_is_the_highest_that_the_points_show_each_since_what_it_was_counted_from()
    {
        RestorePoint[] points = [Point("a", 0, "full", 900), Point("b", 24, "incremental", 240), Point("c", 26, "incremental", 60), Point("d", 36, "differential", 720), Point("e", 60, "incremental", 48)];
        Assert.That(Forecaster.Rates(points, [])[1], Is.EqualTo(30).Within(0.001));
        Assert.That(Forecaster.Rates([points[0], points[1]], [])[1], Is.EqualTo(10).Within(0.001));
        Assert.That(Forecaster.Rates([points[0], points[3]], [])[1], Is.EqualTo(20).Within(0.001));
        Assert.That(Forecaster.Rates([points[0]], []), Is.Empty);
    }

    [Test]
    public void A_point_that_was_pruned_does_not_make_the_next_one_look_slower()
    {
        RestorePoint[] points = [Point("a", 0, "full", 900), Point("c", 24, "incremental", 240)];
        Assert.That(Forecaster.Rates(points, [Result("b", 22), Result("c", 24)])[1], Is.EqualTo(120).Within(0.001));
    }

    static string Text(DeltaPlace place) => $"{place.Datastore.Name}: {string.Join(' ', place.Disks.Select(disk => disk.Key))}";

    static Datastore Store(ObjectId id, string name) => new() { Id = id, Name = name };

    static VirtualDisk Disk(int key, ObjectId datastore) => new() { Key = key, Label = "", CapacityBytes = 1 << 30, DatastoreId = datastore, DiskMode = "persistent" };

    static VirtualMachine Vm(string snapshots, params VirtualDisk[] disks) => new()
    {
        Id = new("VirtualMachine", "vm-1"), Name = "vm", VmxPath = "[ds1] vm/vm.vmx", SnapshotDirectory = snapshots, Disks = disks,
    };

    static RestorePoint Point(string id, int hours, string level, long changed) => new()
    {
        Id = id,
        Time = Start.AddHours(hours),
        Level = level,
        Vm = new PointVm(),
        Disks = [new PointDisk { Key = 1, Level = level, ChangedBytes = changed, Map = new DiskMap { Length = 1, ChunkSize = 512, Levels = 1 } }],
    };

    static RunVmResult Result(string point, int hours) => new()
    {
        RunId = point, Vm = default, VmName = "", VmMoRef = "", Outcome = VmOutcome.Succeeded, PointId = point,
        StartedAt = Start.AddHours(hours), EndedAt = Start.AddHours(hours + 1),
    };
}
