using VmProxy.Blocks;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Points;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;
using VmProxy.Transports;

namespace VmProxy.Engine.Tests.Transports;

/// <summary>Where a transport fails, the next one goes on: on the same snapshot, with what is not stored yet. What was asked for is not replaced unasked.</summary>
sealed class FallbackTests : EngineFixture
{
    const int DiskBytes = 24 << 20;

    [Test]
    public async Task The_next_transport_goes_on_in_the_middle_of_a_disk_and_nothing_is_read_twice()
    {
        await StartWithDataAsync();
        var lab = new LabTransport(Bench) { FailsFrom = 5 << 20 };
        var vm = Only(await BackupAsync(lab, ["lab", "hotadd"]));
        var disk = vm.Disks.Single();
        Assert.That((disk.Transport, disk.ReadBytes), Is.EqualTo(("lab+hotadd", (long)DiskBytes)));
        Assert.That(disk.Transports.Select(one => one.ReadBytes), Is.EqualTo(new[] { 5L << 20, DiskBytes - (5L << 20) }));
        Assert.That(disk.TransportReasons, Is.EqualTo(new[] { BlockErrorCodes.ReadFailed }));
        Assert.That(Bench.Lab.Control.Snapshots(), Has.Count.EqualTo(1), "the same snapshot");
        Assert.That(lab.Open, Is.Zero);
        await ExpectRestoredAsync(vm);
        await ExpectShownAsync(vm);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_hot_added_disk_whose_device_breaks_is_detached_and_read_on_by_the_next()
    {
        await StartWithDataAsync();
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "chain: the device is a copy");
        var lab = new LabTransport(Bench);
        var broken = new OnFirstProgress(() =>
        {
            using var device = File.OpenHandle(Directory.GetFiles(Bench.Lab.Control.DeviceFolder).Single(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            RandomAccess.SetLength(device, 0);
        });
        var vm = Only(await BackupAsync(lab, ["hotadd", "lab"], progress: broken));
        var disk = vm.Disks.Single();
        Assert.That((disk.Transport, disk.ReadBytes), Is.EqualTo(("hotadd+lab", (long)DiskBytes)));
        Assert.That(disk.TransportReasons, Is.EqualTo(new[] { BlockErrorCodes.ReadFailed }));
        await ExpectRestoredAsync(vm);
        Assert.That(Bench.Leftovers(), Is.EqualTo(new[] { "web01: snapshot chain: the device is a copy" }));
    }

    [Test]
    public async Task Before_the_first_byte_the_next_transport_reads_it_all()
    {
        await StartWithDataAsync();
        Bench.Root["Transports"]!["HotAdd"]!["DeviceTimeout"] = "00:00:01";
        Bench.Lab.Control.ArmFault("device-never-appears");
        var vm = Only(await BackupAsync(new LabTransport(Bench), ["hotadd", "lab"]));
        Assert.That((vm.Disks[0].Transport, vm.Disks[0].TransportReasons), Is.EqualTo(("lab", new[] { TransportCodes.DeviceNotFound })));
        Assert.That(vm.Warnings, Is.Empty, "the automatic choice is nobody's worry");
        await ExpectRestoredAsync(vm);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task An_incremental_goes_on_too_and_keeps_what_did_not_change()
    {
        await StartWithDataAsync();
        Only(await BackupAsync(new LabTransport(Bench), ["lab"]));
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 3 << 20, 100_000, seed: 5);
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 9 << 20, 300_000, seed: 6);
        var vm = Only(await BackupAsync(new LabTransport(Bench) { FailsFrom = 6 << 20 }, ["lab", "hotadd"]));
        Assert.That((vm.Disks[0].Transport, vm.Disks[0].ReadBytes), Is.EqualTo(("lab+hotadd", (2L + 5) * 65536)));
        await ExpectRestoredAsync(vm);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task What_was_asked_for_is_not_replaced(bool inTheMiddle)
    {
        await StartWithDataAsync();
        var lab = new LabTransport(Bench) { FailsToOpen = !inTheMiddle, FailsFrom = 2 << 20 };
        var vm = Only(await BackupAsync(lab, ["hotadd", "lab"], asked: ["lab"]), Outcome.Failed);
        Assert.That(vm.Error!.Code, Is.EqualTo(inTheMiddle ? BlockErrorCodes.ReadFailed : "LAB_REFUSED"));
        Assert.That(vm.Point, Is.Null);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [TestCase("verdict")]
    [TestCase("open")]
    [TestCase("middle")]
    public async Task Where_fallback_is_allowed_replacing_it_is_a_warning(string when)
    {
        await StartWithDataAsync();
        Bench.Root["Transports"]!["AllowFallback"] = true;
        var lab = new LabTransport(Bench)
        {
            Reasons = when == "verdict" ? [new TransportReason("LAB_NOT_HERE", "the lab is elsewhere")] : [],
            FailsToOpen = when == "open",
            FailsFrom = when == "middle" ? 2 << 20 : long.MaxValue,
        };
        var vm = Only(await BackupAsync(lab, ["hotadd"], asked: ["lab"]), Outcome.Warning);
        Assert.That(vm.Disks[0].Transport, Is.EqualTo(when == "middle" ? "lab+hotadd" : "hotadd"));
        var code = when switch { "verdict" => "LAB_NOT_HERE", "open" => "LAB_REFUSED", _ => BlockErrorCodes.ReadFailed };
        Assert.That(vm.Warnings.Single().Code, Is.EqualTo(TransportCodes.FellBack));
        Assert.That(vm.Warnings.Single().Message, Does.Contain(code));
        await ExpectRestoredAsync(vm);
        await ExpectShownAsync(vm);
    }

    [Test]
    public async Task When_every_transport_fails_the_last_failure_is_told_and_nothing_is_left()
    {
        await StartWithDataAsync();
        Bench.Lab.Control.ArmFault("fail-task:ReconfigVM:InvalidDeviceSpec", count: 9);
        var vm = Only(await BackupAsync(new LabTransport(Bench) { FailsFrom = 3 << 20 }, ["lab", "hotadd"]), Outcome.Failed);
        Assert.That(vm.Error!.Code, Is.EqualTo(TransportCodes.AttachFailed));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_form_that_needs_proof_is_read_where_nothing_else_can_only_if_the_job_allows_it()
    {
        await StartWithDataAsync();
        var lab = new LabTransport(Bench) { NeedsProof = true };
        var refused = Only(await BackupAsync(lab, ["lab"]), Outcome.Failed);
        Assert.That(refused.Error!.Message, Does.Contain(TransportCodes.FormUnproven).And.Contain("--compare"));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
        Assert.That(Only(await BackupAsync(lab, ["lab", "hotadd"])).Disks[0].Transport, Is.EqualTo("hotadd"));
        Bench.Job["AllowUnprovenTransports"] = true;
        Assert.That(Only(await BackupAsync(lab, ["lab"])).Disks[0].Transport, Is.EqualTo("lab"));
    }

    Task StartWithDataAsync() => StartAsync(options => options.VirtualMachines.Add(new LabVmOptions
    {
        Name = "web01",
        ChangeTracking = true,
        Disks = [new LabDiskOptions { Size = DiskBytes, Data = [new LabDataOptions { Length = DiskBytes, Seed = 1 }] }],
    }));

    async Task<BackupReport> BackupAsync(
        LabTransport lab, string[] order, string[]? asked = null, IProgress<WorkProgress>? progress = null)
    {
        // A spot check reads too, here and there: chance must not decide which read fails.
        Bench.Job["SpotCheck"] = new System.Text.Json.Nodes.JsonObject { ["SharePercent"] = 0 };
        await using var session = OpenSession(new SessionParts { Transports = new MoreTransports(order, lab) });
        return await new BackupJob(session, progress).RunAsync(new BackupRequest { Transports = asked }, default);
    }

    /// <summary>The point tells of its transports what the result told.</summary>
    async Task ExpectShownAsync(VmReport vm)
    {
        await using var session = OpenSession();
        var point = await new PointShelf(session).ShowAsync(vm.Point!, default);
        var (shown, told) = (point.Disks.Single(), vm.Disks.Single());
        Assert.That((shown.Transport, shown.TransportReasons), Is.EqualTo((told.Transport, told.TransportReasons)));
        Assert.That(
            shown.Transports.Select(one => (one.Transport, one.Usable, one.ReadBytes, one.Failure)),
            Is.EqualTo(told.Transports.Select(one => (one.Transport, one.Usable, one.ReadBytes, one.Failure))));
        Assert.That(point.Warnings, Is.EqualTo(vm.Warnings.Select(warning => warning.ToString())));
    }

    sealed class OnFirstProgress(Action action) : IProgress<WorkProgress>
    {
        int _done;

        public void Report(WorkProgress value)
        {
            if (Interlocked.Exchange(ref _done, 1) == 0)
            {
                action();
            }
        }
    }
}
