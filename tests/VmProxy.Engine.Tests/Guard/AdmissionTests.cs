using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests.Guard;

/// <summary>Snapshots wait for each other where a datastore, a host or the room allows no more at once.</summary>
sealed class AdmissionTests : GuardFixture
{
    [TestCase("SnapshotsPerDatastore")]
    [TestCase("SnapshotsPerHost")]
    public async Task No_more_snapshots_than_allowed_exist_at_once_and_all_vms_get_their_turn(string limit)
    {
        await StartAsync(256, 4, "vm0", "vm1", "vm2");
        Bench.Guard[limit] = 1;
        var most = await BackUpTogetherAsync(3);
        Assert.That(most.Snapshots, Is.EqualTo(1));
        Assert.That(most.Report.VirtualMachines.Select(vm => vm.Outcome), Is.All.EqualTo(Outcome.Done));
        var notes = most.Report.VirtualMachines.SelectMany(vm => vm.Notes).ToArray();
        Assert.That(notes.Select(note => note.Code), Is.Not.Empty.And.All.EqualTo(GuardCodes.Waited));
        Assert.That(notes[0].Message, Does.Contain(limit));
    }

    [Test]
    public async Task Vms_on_other_datastores_and_hosts_do_not_wait()
    {
        await StartAsync(options =>
        {
            options.Hosts = ["esx1.lab.example", "esx2.lab.example"];
            options.Datastores.AddRange([new LabDatastoreOptions { Name = "ds1" }, new LabDatastoreOptions { Name = "ds2" }]);
            options.VirtualMachines.AddRange([LabBench.Vm("vm1"), LabBench.Vm("vm2")]);
            (options.VirtualMachines[1].Datastore, options.VirtualMachines[1].Host) = ("ds2", "esx2.lab.example");
        });
        Bench.Guard["SnapshotsPerDatastore"] = 1;
        Bench.Guard["SnapshotsPerHost"] = 1;
        var both = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Bench.Job["Limits"] = new System.Text.Json.Nodes.JsonObject { ["ConcurrentVms"] = 2 };
        var report = await BackupAsync(new SessionParts
        {
            Checkpoints = new AtEach(async moment =>
            {
                if (moment == "snapshot.made")
                {
                    (SnapshotCount() == 2 ? both : null)?.TrySetResult();
                    await both.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
                }
            }),
        });
        Assert.That(report.VirtualMachines.Select(vm => (vm.Outcome, vm.Notes.Count)), Is.All.EqualTo((Outcome.Done, 0)));
    }

    [Test]
    public async Task A_vm_that_waits_lends_its_place_to_one_that_need_not()
    {
        await StartAsync(options =>
        {
            options.Datastores.AddRange([new LabDatastoreOptions { Name = "ds1" }, new LabDatastoreOptions { Name = "ds2" }]);
            options.VirtualMachines.AddRange([LabBench.Vm("vm1"), LabBench.Vm("vm2"), LabBench.Vm("vm3")]);
            options.VirtualMachines[2].Datastore = "ds2";
        });
        Bench.Guard["SnapshotsPerDatastore"] = 1;
        Bench.Job["Limits"] = new System.Text.Json.Nodes.JsonObject { ["ConcurrentVms"] = 2 };
        var both = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var report = await BackupAsync(new SessionParts
        {
            Checkpoints = new AtEach(async moment =>
            {
                if (moment == "snapshot.made.recorded")
                {
                    (SnapshotCount() == 2 ? both : null)?.TrySetResult();
                    await both.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
                }
            }),
        });
        Assert.That(report.VirtualMachines.Select(vm => vm.Outcome), Is.All.EqualTo(Outcome.Done), "vm3 took its turn while vm1 or vm2 waited for the other");
        Assert.That(report.VirtualMachines.SelectMany(vm => vm.Notes).Select(note => note.Code), Is.EqualTo(new[] { GuardCodes.Waited }));
    }

    [Test]
    public async Task Room_that_only_other_snapshots_of_ours_keep_is_waited_for()
    {
        // Each needs a little over 8 MiB for what its guest may write and for merging it.
        await StartAsync(64, 16, "vm0", "vm1");
        Bench.Guard["ChangePercentPerHour"] = 100;
        LeaveFree(14);
        var most = await BackUpTogetherAsync(2);
        Assert.That((most.Snapshots, most.Report.Outcome), Is.EqualTo((1, Outcome.Done)));
        Assert.That(most.Report.VirtualMachines.SelectMany(vm => vm.Notes).Single().Message, Does.Contain("datastore ds1 has room for it only after other snapshots"));
    }

    [Test]
    public async Task Another_process_of_the_installation_counts_and_a_wait_that_is_too_long_is_a_clear_failure()
    {
        await StartAsync(64, 4, "web01", "web02");
        Bench.Guard["SnapshotsPerDatastore"] = 1;
        var refused = await OfAnotherRunAsync("web02");
        Assert.That(refused.Error!.Code, Is.EqualTo(GuardCodes.WaitTooLong));
        Assert.That(refused.Error.Message, Does.Contain("datastore ds1 has 1 snapshots of ours"));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task Two_runs_never_snapshot_one_vm_at_the_same_time()
    {
        await StartAsync(64, 4, "web01");
        var refused = await OfAnotherRunAsync("web01");
        Assert.That((refused.Error!.Code, refused.Name), Is.EqualTo((GuardCodes.WaitTooLong, "web01")));
        Assert.That(refused.Error.Message, Does.Contain("has a snapshot of it"));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_wait_can_be_cancelled_and_leaves_no_trace()
    {
        await StartAsync(64, 4, "web01");
        Bench.Guard["SnapshotsPerDatastore"] = 1;
        using var cancelled = new CancellationTokenSource();
        await BackupAsync(new SessionParts
        {
            Checkpoints = new AtMoment("snapshot.made.recorded", () =>
            {
                var waiting = BackupAsync(new SessionParts { Checkpoints = new AtMoment("snapshot.planning", CancelSoonAsync) }, null, cancelled.Token);
                Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
                return Task.CompletedTask;
            }),
        });
        await using var session = OpenSession();
        var catalog = await session.CatalogAsync(default);
        Assert.That(await catalog.Journal.ListOpenAsync(default), Is.Empty);
        Assert.That(Bench.Leftovers(), Is.Empty);

        Task CancelSoonAsync()
        {
            cancelled.CancelAfter(TimeSpan.FromMilliseconds(300));
            return Task.CompletedTask;
        }
    }

    [Test]
    public void What_a_dead_run_left_takes_room_and_is_not_waited_for()
    {
        var needs = new[] { Need(free: 100, bytes: 60) };
        var alive = Open(Record(alive: true, 50));
        Assert.That((alive.NoRoom(needs, "web01", out var refusal), refusal), Is.EqualTo(("datastore ds1 has room for it only after other snapshots of ours, for which 50 B are kept", (Failures.Failure?)null)));
        var dead = Open(Record(alive: false, 50));
        Assert.That(dead.NoRoom(needs, "web01", out refusal), Is.Not.Null);
        Assert.That(refusal!.Message, Does.Contain("50 B for snapshots that earlier runs left"));
        Assert.That(dead.NoRoom([Need(free: 110, bytes: 60)], "web01", out refusal), Is.Null);

        var guard = new Engine.Configuration.GuardSettings { SnapshotsPerDatastore = 1, SnapshotsPerHost = 1 };
        var intent = new SnapshotIntent("HostSystem:host-1", [new IntendedRoom("vc/ds1", 60, 0)]);
        Assert.That((alive.Full(intent, needs, guard), dead.Full(intent, needs, guard)), Is.EqualTo((
            "datastore ds1 has 1 snapshots of ours, and 1 are allowed (VmProxy:Guard:SnapshotsPerDatastore)", (string?)null)));
        Assert.That(Open(Record(alive: true, 50) with { Attempts = 1 }).Full(intent, needs, guard), Is.Null, "one that could not be removed would be waited for in vain");
        Assert.That(alive.MergeBytesOfOthers("vc/ds1", "another"), Is.EqualTo(20));
    }

    [Test]
    public void A_vm_waits_for_another_run_that_has_a_snapshot_of_it()
    {
        var wanted = Record(alive: true, 0).Entry with { RunId = "another" };
        Assert.That(Open(Record(alive: true, 0)).Busy(wanted), Is.EqualTo("run run (process 1) has a snapshot of it"));
        Assert.That(Open(Record(alive: false, 0)).Busy(wanted), Is.Null, "the janitor's");
        Assert.That(Open(Record(alive: true, 0)).Busy(wanted with { VmInstanceUuid = "b" }), Is.Null);
        Assert.That(Open(Record(alive: true, 0)).Busy(wanted with { RunId = "run" }), Is.Null, "its own");
    }

    static RoomNeed Need(long free, long bytes) => new("vc/ds1", "datastore ds1", ReasonCodes.NoRoom, 1000, free, 0, bytes, 0, "", "");

    static OpenSnapshots Open(params JournalRecord[] journal) => new(journal, "vc", DateTimeOffset.UnixEpoch, new AnotherMachine());

    static JournalRecord Record(bool alive, long bytes) => new()
    {
        Id = 1,
        Entry = new JournalEntry
        {
            RunId = "run", Kind = JournalKind.Snapshot, VcenterUuid = "vc", VmMoRef = "", VmInstanceUuid = "", VmName = "", Mark = "",
            Intent = new SnapshotIntent("HostSystem:host-1", [new IntendedRoom("vc/ds1", bytes, 20)]).ToJson(),
        },
        State = JournalState.Done,
        PlannedAt = DateTimeOffset.UnixEpoch,
        Owner = new RunLease("run", new RunOwner(1, 2, "pid", "boot", ""), DateTimeOffset.UnixEpoch, IsRunning: alive),
    };

    /// <summary>While a run has its snapshot of web01, another run, which must not wait, backs a VM up.</summary>
    async Task<VmReport> OfAnotherRunAsync(string vm)
    {
        Bench.Guard["SnapshotWait"] = "00:00:00";
        Bench.Job["Vms"] = new System.Text.Json.Nodes.JsonArray("web01");
        BackupReport? other = null;
        var first = await BackupAsync(new SessionParts
        {
            Checkpoints = new AtMoment("snapshot.made.recorded", async () =>
            {
                Bench.Job["Vms"] = new System.Text.Json.Nodes.JsonArray(vm);
                other = await BackupAsync();
            }),
        });
        Assert.That(Only(first).Point, Is.Not.Null);
        return Only(other!, Outcome.Failed);
    }

    /// <summary>Backs all VMs up at once, holding each snapshot until it is plain that another could have come; the most that existed at once.</summary>
    async Task<(int Snapshots, BackupReport Report)> BackUpTogetherAsync(int vms)
    {
        Bench.Job["Limits"] = new System.Text.Json.Nodes.JsonObject { ["ConcurrentVms"] = vms };
        var (most, asked) = (0, 0);
        var report = await BackupAsync(new SessionParts
        {
            Checkpoints = new AtEach(async moment =>
            {
                if (moment == "snapshot.planning")
                {
                    Interlocked.Increment(ref asked);
                }
                else if (moment == "snapshot.made.recorded")
                {
                    await UntilAsync(() => Volatile.Read(ref asked) == vms);
                    await SleepAsync(100);
                    most = Math.Max(most, SnapshotCount());
                }
            }),
        });
        return (most, report);
    }

    /// <summary>Processes cannot be looked at from here: a run lives as long as it gives signs of life.</summary>
    sealed class AnotherMachine : IProcessTable
    {
        public string BootId => "another";

        public string PidNamespace => "another";

        public long? StartTicks(int processId) => null;
    }
}
