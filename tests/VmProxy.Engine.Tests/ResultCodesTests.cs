using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Compare;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Listing;
using VmProxy.Engine.Restore;
using VmProxy.Engine.Sessions;
using VmProxy.Engine.Tests.Transports;
using VmProxy.Lab;
using VmProxy.LabTesting;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests;

/// <summary>Codes of results that no other theme brings about.</summary>
sealed class ResultCodesTests : EngineFixture
{
    [Test]
    public async Task A_job_whose_selection_fits_nothing_says_so()
    {
        await StartAsync();
        Bench.Job["Vms"] = new JsonArray("nothing*");
        Assert.That(Refused(() => BackupAsync()).Code, Is.EqualTo(ReasonCodes.SelectionEmpty));
        await using var session = OpenSession();
        var check = (await new Doctor(session).RunAsync(default)).Checks.Single(check => check.Code == ReasonCodes.SelectionEmpty);
        Assert.That((check.Subject, check.Status), Is.EqualTo(("job nightly", DoctorStatus.Warning)));
    }

    [Test]
    public void A_name_that_several_vms_have_is_refused()
    {
        VirtualMachine[] vms = [Vm("vm-1", "A"), Vm("vm-2", "B")];
        var refused = Assert.Throws<EngineException>(() => BackupJob.Named(new Inventory(vms, [], [], []), "web01"))!.Failure;
        Assert.That(refused.Code, Is.EqualTo(ReasonCodes.VmAmbiguous));
        Assert.That(refused.Message, Does.Contain("A (vm-1)").And.Contain("B (vm-2)"));

        static VirtualMachine Vm(string id, string folder) => new() { Id = new ObjectId("VirtualMachine", id), Name = "web01", FolderPath = folder };
    }

    [Test]
    public async Task A_vm_without_an_identity_is_refused()
    {
        await StartAsync(options =>
        {
            options.VirtualMachines.Add(LabBench.Vm("web01"));
            options.VirtualMachines[0].NoInstanceUuid = true;
        });
        Assert.That(Only(await BackupAsync(), Outcome.Failed).Error!.Code, Is.EqualTo(ReasonCodes.VmWithoutIdentity));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
    }

    [Test]
    public async Task A_disk_that_no_transport_reads_is_told_by_vms_doctor_and_the_comparison()
    {
        await StartAsync();
        Bench.Root["Transports"]!["HotAdd"]!.AsObject().Remove("ProxyVm");
        await using var session = OpenSession();
        var listed = (await new InventoryListing(session).VirtualMachinesAsync(default)).Single(vm => vm.Name == "web01");
        Assert.That(listed.Findings.Single(finding => finding.Code == ReasonCodes.NoTransport).Message, Does.Contain(TransportCodes.ProxyNotConfigured));
        var check = (await new Doctor(session).RunAsync(default)).Checks.Single(check => check.Code == ReasonCodes.NoTransport);
        Assert.That((check.Status, check.Subject), Is.EqualTo((DoctorStatus.Failed, "datastore datastore1 (lab)")));
        Assert.That(Refused(() => new TransportComparison(session).RunAsync("web01", default)).Code, Is.EqualTo(ReasonCodes.NoTransport));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
    }

    [Test]
    public async Task A_disk_that_went_before_the_snapshot_is_not_left_out_silently()
    {
        await StartAsync(options =>
        {
            options.VirtualMachines.Add(LabBench.Vm("web01"));
            options.VirtualMachines[0].Disks.Add(new LabDiskOptions { Size = 1 << 20 });
        });
        await using var session = OpenSession(new SessionParts
        {
            Checkpoints = new AtMoment("snapshot.planned", () =>
            {
                Bench.Lab.Control.Operator.RemoveDisk("web01", 1);
                return Task.CompletedTask;
            }),
        });
        var vm = Only(await new BackupJob(session, null).RunAsync(new BackupRequest(), default), Outcome.Failed);
        Assert.That((vm.Error!.Code, vm.Error.Object), Is.EqualTo((ReasonCodes.DiskMissing, "web01 / Hard disk 2")));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_disk_that_the_point_does_not_hold_is_named_with_those_that_it_does()
    {
        await StartAsync();
        var point = Only(await BackupAsync()).Point!;
        await using var session = OpenSession();
        var refused = Refused(() => new RestoreDisk(session, null).RunAsync(new RestoreDiskRequest(point, "2009", Bench["web01.img"], DiskFormat.Raw), default));
        Assert.That(refused.Code, Is.EqualTo(ReasonCodesOfRestore.DiskUnknown));
        Assert.That(refused.Message, Does.Contain("2000 (Hard disk 1)"));
        Assert.That(File.Exists(Bench["web01.img"]), Is.False);
    }

    [Test]
    public async Task A_guest_that_cannot_be_quiesced_gives_a_crash_consistent_point_with_a_warning_or_none()
    {
        await StartAsync();
        Bench.Lab.Control.ArmFault("quiesce-fails", count: 10);
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That(vm.Warnings.Single().Code, Is.EqualTo(ReasonCodes.CrashConsistent));
        await ExpectRestoredAsync(vm);
        Bench.Job["Quiesce"] = "require";
        Assert.That(Only(await BackupAsync(), Outcome.Failed).Point, Is.Null);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [TestCase("copy", Outcome.Done)]
    [TestCase("full", Outcome.Warning)]
    public async Task A_server_that_takes_no_wish_for_vss_is_a_note_and_a_warning_where_a_wish_was_made(string vss, Outcome outcome)
    {
        await StartAsync(options =>
        {
            options.VirtualMachines.Add(LabBench.Vm("web01"));
            options.VirtualMachines[0].GuestId = "windows9Server64Guest";
        });
        Bench.Job["Vss"] = vss;
        Bench.Lab.Control.ArmFault("fault:CreateSnapshotEx_Task:MethodNotFound");
        var vm = Only(await BackupAsync(), outcome);
        Assert.That((outcome == Outcome.Done ? vm.Notes : vm.Warnings).Select(note => note.Code), Is.EqualTo(new[] { ReasonCodes.VssLeftToTools }));
    }

    [Test]
    public async Task A_device_of_another_size_than_the_disk_is_never_stored()
    {
        await StartAsync();
        var lab = new LabTransport(Bench) { Length = 1 << 20 };
        await using var session = OpenSession(new SessionParts { Transports = new MoreTransports(["lab"], lab) });
        var report = await new BackupJob(session, null).RunAsync(new BackupRequest(), default);
        var vm = Only(report, Outcome.Failed);
        Assert.That(vm.Error!.Code, Is.EqualTo(ReasonCodes.DiskSize));
        Assert.That(lab.Open, Is.Zero);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_disk_that_cannot_be_detached_keeps_its_snapshot_until_the_janitor_can()
    {
        await StartAsync();
        await using (var session = OpenSession())
        {
            // The first one attaches.
            Bench.Lab.Control.ArmFault("fail-task:ReconfigVM_Task:GenericVmConfigFault", count: 100, skip: 1);
            var vm = Only(await new BackupJob(session, null).RunAsync(new BackupRequest(), default), Outcome.Warning);
            Assert.That(vm.Point, Is.Not.Null, "what was read is good");
            Assert.That(vm.Warnings.Select(warning => warning.Code), Does.Contain(ReasonCodes.SnapshotLeft));
            var catalog = await session.CatalogAsync(default);
            var open = await catalog.Journal.ListOpenAsync(default);
            Assert.That(open.Select(record => record.LastError), Has.Some.Contains(ReasonCodes.DiskLeft));
        }

        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(2));
        Bench.Lab.Control.DisarmFault();
        await using var later = OpenSession();
        Assert.That((await new Janitor(later).RunAsync(SweepOccasion.Command, default)).Errors, Is.Empty);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task What_was_left_in_a_vcenter_that_is_not_configured_any_more_is_reported()
    {
        await StartAsync();
        var crash = new CrashAt("attach.gone.recorded");
        var running = new BackupJob(OpenSession(new SessionParts { Checkpoints = crash, Processes = crash }), null).RunAsync(new BackupRequest(), default);
        Assert.That(await Task.WhenAny(crash.Crashed, running), Is.SameAs(crash.Crashed));
        await using var another = await LabBench.StartAsync();
        Bench.Root["VCenters"] = another.Root["VCenters"]!.DeepClone();
        await using (var session = OpenSession(new SessionParts { Processes = new AfterCrash() }))
        {
            var swept = await new Janitor(session).RunAsync(SweepOccasion.Command, default);
            Assert.That(swept.Findings.Select(finding => (finding.Code, finding.Object)), Is.EqualTo(new[] { (ReasonCodes.VcenterUnknown, "web01") }));
        }

        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(1), "nobody but its own vCenter can remove it");
    }

    [Test]
    public async Task A_catalog_that_cannot_take_the_point_down_is_a_warning_and_the_point_is_good()
    {
        await StartAsync();
        var path = Bench["state/catalog.db"];
        byte[] whole = [];
        await using (var session = OpenSession(new SessionParts
        {
            Checkpoints = new AtMoment("snapshot.gone.recorded", async () =>
            {
                await CheckpointAsync(path);
                whole = await File.ReadAllBytesAsync(path);
                await File.WriteAllBytesAsync(path, [.. whole.AsSpan(0, 4096), .. Enumerable.Repeat((byte)0xff, whole.Length - 4096)]);
            }),
        }))
        {
            var vm = Only(await new BackupJob(session, null).RunAsync(new BackupRequest(), default), Outcome.Warning);
            Assert.That(vm.Warnings.Select(warning => warning.Code), Is.All.EqualTo(ReasonCodes.CatalogBehind));
            Assert.That(vm.Warnings[0].Object, Is.EqualTo(vm.Point));
        }

        SqliteConnection.ClearAllPools();
        await File.WriteAllBytesAsync(path, whole);
        await using var later = OpenSession();
        await new CatalogRebuild(later).RunAsync(default);
        Assert.That((await VerifyAllAsync()).Points.Single().Whole, Is.True);
    }

    [Test]
    public async Task Doctor_names_datastores_out_of_reach_and_a_device_folder_that_is_not_there()
    {
        await StartAsync();
        Bench.Lab.Control.Operator.SetDisconnected("datastore1", true);
        Bench.Root["Transports"]!["HotAdd"]!["DeviceFolder"] = Bench["nowhere"];
        await using var session = OpenSession();
        var checks = (await new Doctor(session).RunAsync(default)).Checks.Where(check => check.Status != DoctorStatus.Ok).ToArray();
        Assert.That(checks.Select(check => (check.Code, check.Status)), Is.SupersetOf(new[]
        {
            (DoctorCodes.DeviceFolderMissing, DoctorStatus.Failed), (DoctorCodes.DatastoreInaccessible, DoctorStatus.Warning),
        }));
    }

    static async Task CheckpointAsync(string path)
    {
        await using var catalog = new SqliteConnection($"Data Source={path};Pooling=False");
        await catalog.OpenAsync();
        await using var command = catalog.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        await command.ExecuteNonQueryAsync();
    }

    static Failure Refused<T>(Func<Task<T>> work) => Assert.ThrowsAsync<EngineException>(async () => await work())!.Failure;
}
