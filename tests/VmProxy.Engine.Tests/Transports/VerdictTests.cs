using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Listing;
using VmProxy.Lab;
using VmProxy.LabTesting;
using VmProxy.Transports;

namespace VmProxy.Engine.Tests.Transports;

/// <summary>The verdicts of hot-add as they come from a server, in <c>vms</c>, <c>doctor</c> and results.</summary>
sealed class VerdictTests : EngineFixture
{
    [Test]
    public async Task Each_disk_has_its_verdict_before_anything_is_attached()
    {
        await StartAsync(options =>
        {
            options.Hosts.Add("esx2.lab.example");
            options.Datastores.Add(new LabDatastoreOptions { Name = "shared" });
            options.Datastores.Add(new LabDatastoreOptions { Name = "local2", Hosts = ["esx2.lab.example"] });
            options.Datastores.Add(new LabDatastoreOptions { Name = "nfs3", Type = "NFS" });
            options.Datastores.Add(new LabDatastoreOptions { Name = "nfs41", Type = "NFS41" });
            options.Datastores.Add(new LabDatastoreOptions { Name = "vsan1", Type = "vsan" });
            Add(options, "plain");
            Add(options, "elsewhere", datastore: "local2", host: "esx2.lab.example");
            Add(options, "nfs-near", datastore: "nfs3");
            Add(options, "nfs-far", datastore: "nfs3", host: "esx2.lab.example");
            Add(options, "nfs41-far", datastore: "nfs41", host: "esx2.lab.example");
            Add(options, "on-vsan", datastore: "vsan1");
            Add(options, "ide", change: disk => disk.Controller = "ide");
            Add(options, "mapped", change: disk => disk.RawDeviceMapping = "virtualMode");
            Add(options, "independent", change: disk => disk.Mode = "independent_persistent");
        });
        await using var session = OpenSession();
        var listed = await new InventoryListing(session).VirtualMachinesAsync(default);
        var verdicts = listed.ToDictionary(vm => vm.Name, vm => (vm.Disks[0].Transports.Count > 0, string.Join(',', vm.Disks[0].Verdicts.Single().Codes)));
        Assert.That(verdicts, Is.EquivalentTo(new Dictionary<string, (bool, string)>
        {
            ["plain"] = (true, ""),
            ["elsewhere"] = (false, TransportCodes.DatastoreNotMounted),
            ["nfs-near"] = (true, ""),
            ["nfs-far"] = (true, TransportCodes.Nfs3CrossHost),
            ["nfs41-far"] = (true, ""),
            ["on-vsan"] = (false, TransportCodes.VsanMismatch),
            ["ide"] = (false, TransportCodes.DiskIde),
            ["mapped"] = (false, TransportCodes.DiskRdm),
            ["independent"] = (false, TransportCodes.DiskIndependent),
            ["vmproxy"] = (false, TransportCodes.VmIsProxy),
        }));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
    }

    [Test]
    public async Task A_warning_of_the_verdict_is_in_the_result_and_the_backup_is_no_worse_for_it()
    {
        await StartAsync();
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("vmproxy", "before the upgrade");
        var vm = Only(await BackupAsync());
        Assert.That(vm.Disks[0].TransportReasons, Is.EqualTo(new[] { TransportCodes.ProxyHasSnapshots }));
        Assert.That((vm.Disks[0].Transport, vm.Disks[0].Transports.Single().ReadBytes), Is.EqualTo(("hotadd", vm.Disks[0].ReadBytes)));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task A_machine_that_is_no_VM_gets_no_snapshot_made()
    {
        await StartAsync();
        Write("sys/class/dmi/id/sys_vendor", "QEMU\n");
        var vm = Only(await BackupAsync(), Outcome.Failed);
        Assert.That(vm.Error!.Message, Does.Contain(TransportCodes.ProxyNotVm));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
        await using var session = OpenSession();
        var report = await new Doctor(session).RunAsync(default);
        Assert.That(report.Checks.Single(check => check.Status == DoctorStatus.Failed).Message, Does.Contain(TransportCodes.ProxyNotVm));
    }

    [Test]
    public async Task Doctor_gives_the_lines_that_keep_the_proxys_operating_system_off_attached_disks()
    {
        await StartAsync();
        Write("usr/sbin/lvm", "");
        Write("usr/sbin/mdadm", "");
        await using var session = OpenSession();
        var report = await new Doctor(session).RunAsync(default);
        var found = report.Checks.Where(check => check.Status == DoctorStatus.Warning).ToArray();
        Assert.That(found.Select(check => check.Code), Is.EqualTo(new[] { TransportCodes.PreflightLvm, TransportCodes.PreflightRaid }));
        Assert.That(found[1].Lines, Is.EqualTo(new[] { "AUTO -all" }));
        Assert.That(found[1].Next, Does.Contain("/etc/mdadm/mdadm.conf"));
    }

    [Test]
    public async Task Two_runs_at_once_share_the_places_of_the_proxy()
    {
        await StartAsync(options =>
        {
            foreach (var name in new[] { "vm1", "vm2" })
            {
                var vm = LabBench.Vm(name, 1 << 20);
                vm.Disks.AddRange(Enumerable.Range(0, 3).Select(disk => new LabDiskOptions { Size = 1 << 20, Data = [new LabDataOptions { Length = 4096, Seed = disk }] }));
                options.VirtualMachines.Add(vm);
            }
        });
        Bench.Root["Transports"]!["HotAdd"]!["MaxDisks"] = 2;
        using var ended = new CancellationTokenSource();
        var watching = MostLentAsync(ended.Token);
        var reports = await Task.WhenAll(BackupAsync(null, "vm1"), BackupAsync(null, "vm2"));
        await ended.CancelAsync();
        Assert.That(reports.SelectMany(report => report.VirtualMachines).Select(vm => vm.Outcome), Is.All.EqualTo(Outcome.Done));
        Assert.That(await watching, Is.LessThanOrEqualTo(2));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    /// <summary>The most disks that were attached at any moment, until the token ends it.</summary>
    async Task<int> MostLentAsync(CancellationToken cancellationToken)
    {
        var most = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            most = Math.Max(most, Bench.Lab.Control.State().VirtualMachines.Single(vm => vm.Name == "vmproxy").Disks.Count(disk => disk.Foreign));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }

        return most;
    }

    void Write(string path, string text)
    {
        var file = Bench[Path.Combine("system", path)];
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    static void Add(LabOptions options, string name, string? datastore = null, string? host = null, Action<LabDiskOptions>? change = null)
    {
        var disk = new LabDiskOptions { Size = 1 << 20, Datastore = datastore };
        change?.Invoke(disk);
        options.VirtualMachines.Add(new LabVmOptions { Name = name, Host = host, Disks = [disk] });
    }
}
