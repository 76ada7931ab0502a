using VmProxy.Engine.Guard;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests.Guard;

/// <summary>The watch holds when something else goes wrong at the same time.</summary>
[Category("Slow")]
sealed class WatchUnderTroubleTests : GuardFixture
{
    const int Step = 512 << 10;

    [Test]
    public async Task A_snapshot_that_is_being_merged_still_counts_for_those_that_stand_beside_it()
    {
        await StartAsync(96, 32, "web01", "web02");
        Bench.Guard["FreeSpace"] = "8 MiB";
        Bench.Guard["WatchInterval"] = "00:00:01";
        LeaveFree(44);
        Bench.Job["Limits"] = new System.Text.Json.Nodes.JsonObject { ["ConcurrentVms"] = 2 };
        Bench.Lab.Control.ArmFault("delay-task:RemoveSnapshot:10");
        var (begun, made, attached, givenUp) = (0, 0, 0, false);
        string? first = null;
        var report = await BackupAsync(new SessionParts
        {
            Checkpoints = new AtEach(async moment =>
            {
                givenUp |= moment == "guard.givenup";
                if (moment == "snapshot.planning" && Interlocked.Increment(ref begun) == 2)
                {
                    await UntilAsync(() => Bench.Lab.Control.ArmedFaults.Count == 0);
                }
                else if (moment == "snapshot.made")
                {
                    // Each has grown before anybody looks, and the room stays what it was: no trend gives the second one up.
                    var vm = Bench.Lab.Control.State().VirtualMachines.Single(vm => vm.Snapshots.Count > 0 && vm.Name != first).Name;
                    first ??= vm;
                    await Bench.Lab.Control.Guest.WriteRandomAsync(vm, 0, 4 * MiB, 14 * MiB, seed: 3);
                    Bench.Lab.Control.Operator.TakeRoom("ds1", ++made == 2 ? -14 * MiB : 0);
                }
                else if (moment == "attach.made.recorded")
                {
                    var looks = ++attached == 1 ? 25 : 50;
                    for (var waited = 0; waited < looks && !givenUp; waited++)
                    {
                        await SleepAsync(100);
                    }
                }
            }),
        });
        Assert.That(report.VirtualMachines.Select(vm => vm.Error?.Code), Is.EquivalentTo(new[] { null, GuardCodes.Filling }));
        Assert.That(report.VirtualMachines.Single(vm => vm.Error is null).Name, Is.EqualTo(first));
        Assert.That(Bench.Leftovers(), Is.Empty);
        Assert.That(Datastore().LowestFree, Is.Positive, "it never ran full");
    }

    [Test]
    public async Task Other_runs_reckon_with_what_a_snapshot_has_really_grown_to()
    {
        await StartAsync(96, 32, "web01");
        Bench.Guard["WatchInterval"] = "00:00:01";
        SnapshotIntent? planned = null, told = null;
        await using var other = OpenSession();
        var journal = (await other.CatalogAsync(default)).Journal;
        Only(await BackupAsync(new SessionParts
        {
            Checkpoints = new AtMoment("attach.made.recorded", async () =>
            {
                planned = await IntentAsync();
                await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 4 * MiB, 14 * MiB, seed: 3);
                for (var waited = 0; told is null || told.Room.Max(room => room.MergeBytes) < 14 * MiB; waited++)
                {
                    Assert.That(waited, Is.LessThan(600), "nobody was told");
                    await SleepAsync(50);
                    told = await IntentAsync();
                }
            }),
        }));
        var (before, after) = (planned!.Room.MaxBy(room => room.MergeBytes)!, told!.Room.MaxBy(room => room.MergeBytes)!);
        Assert.That((after.Place, after.Bytes - after.MergeBytes), Is.EqualTo((before.Place, before.Bytes - before.MergeBytes)), "what the guest may still write is added");
        Assert.That(before.MergeBytes, Is.LessThan(MiB));

        async Task<SnapshotIntent> IntentAsync() =>
            SnapshotIntent.Of((await journal.ListOpenAsync(default)).Single(record => record.Entry.Kind == Catalog.JournalKind.Snapshot));
    }

    [TestCase("hang:RefreshStorageInfo")]
    [TestCase("hang:RefreshDatastore")]
    public async Task A_look_that_hangs_does_not_blind_the_watch_over_other_datastores(string fault)
    {
        await StartAsync(options =>
        {
            options.Datastores.AddRange([new LabDatastoreOptions { Name = "ds1", Capacity = 1024L * MiB }, new LabDatastoreOptions { Name = "ds2", Capacity = 64L * MiB }]);
            options.VirtualMachines.Add(LabBench.Vm("web01", 48 * MiB));
            var second = LabBench.Vm("web02", 48 * MiB);
            second.Datastore = "ds2";
            options.VirtualMachines.Add(second);
        });
        Bench.Guard["FreeSpace"] = "4 MiB";
        Bench.Guard["WatchInterval"] = "00:00:01";
        var (attached, givenUp, written) = (0, false, false);
        var report = await BackupAsync(new SessionParts
        {
            Checkpoints = new AtEach(async moment =>
            {
                givenUp |= moment == "guard.givenup";
                if (moment == "attach.made.recorded" && Interlocked.Increment(ref attached) == 2)
                {
                    Bench.Lab.Control.ArmFault(fault);
                    await UntilAsync(() => Bench.Lab.Control.ArmedFaults.Count == 0);
                    for (var offset = 0L; offset < 48L * MiB && !givenUp; offset += Step)
                    {
                        await Bench.Lab.Control.Guest.WriteRandomAsync("web02", 0, offset, Step, seed: 4);
                        await SleepAsync(50);
                    }

                    written = true;
                }
                else if (moment == "attach.made.recorded")
                {
                    await UntilAsync(() => givenUp || written);
                }
            }),
        });
        Assert.That(report.VirtualMachines.Select(vm => (vm.Name, vm.Error?.Code)), Is.EqualTo(new[] { ("web01", null), ("web02", GuardCodes.Filling) }));
        Assert.That(Datastore("ds2").LowestFree, Is.Positive, "it never ran full");
        Assert.That(Bench.Leftovers(), Is.Empty);
    }
}
