using VmProxy.Engine.Backup;
using VmProxy.Lab;
using VmProxy.LabTesting;
using VmProxy.Transports;

namespace VmProxy.Engine.Tests;

/// <summary>Inventories of awkward shapes.</summary>
sealed class FaultsOfShapeTests : EngineFixture
{
    [Test]
    public async Task A_single_host_is_told_from_others_by_its_hardware()
    {
        await StartAsync(options =>
        {
            options.HostOnly = true;
            options.VirtualMachines.Add(LabBench.Vm("web01"));
        });
        var full = Only(await BackupAsync());
        await ExpectRestoredAsync(full);
        await using var session = OpenSession();
        var point = await new Points.PointShelf(session).ShowAsync(full.Point!, default);
        Assert.That(Guid.TryParse(point.VcenterUuid, out _), Is.True, point.VcenterUuid);
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 65536, seed: 1);
        var next = Only(await BackupAsync());
        Assert.That(next.Disks[0].ReadBytes, Is.EqualTo(65536));
        await ExpectRestoredAsync(next);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [TestCase("web 01 100%2f ä")]
    [TestCase("[x] <&> \"y\" 'z' 🐧")]
    public async Task Odd_names(string name)
    {
        await StartAsync(options => options.VirtualMachines.Add(LabBench.Vm(name)));
        var report = (await BackupAsync(null, name)).VirtualMachines.Single();
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Done), $"{report.Error} {string.Join('|', report.Warnings)}");
        await ExpectRestoredAsync(report);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [TestCase(512)]
    [TestCase((3 << 20) + 1536)]
    public async Task Odd_sizes(int size)
    {
        await StartAsync(options =>
        {
            var vm = LabBench.Vm("web01", 1 << 20);
            vm.Disks.Clear();
            vm.Disks.Add(new LabDiskOptions { Size = size, Data = [new LabDataOptions { Offset = 0, Length = size, Seed = 3 }] });
            options.VirtualMachines.Add(vm);
        });
        await ExpectRestoredAsync(Only(await BackupAsync()));
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, size - 512, 512, seed: 4);
        await ExpectRestoredAsync(Only(await BackupAsync()));
        Assert.That((await VerifyAllAsync()).Points, Has.All.Matches<Verify.VerifiedPoint>(point => point.Whole));
    }

    [Test]
    public async Task Many_shapes_at_once()
    {
        await StartAsync(options =>
        {
            options.Datastores.Add(new LabDatastoreOptions { Name = "ds1" });
            options.Datastores.Add(new LabDatastoreOptions { Name = "nfs1", Type = "NFS" });
            options.VirtualMachines.Add(LabBench.Vm("powered-off", 2 << 20));
            options.VirtualMachines[^1].PoweredOn = false;

            var template = LabBench.Vm("template", 2 << 20);
            template.Template = true;
            options.VirtualMachines.Add(template);
            options.VirtualMachines.Add(new LabVmOptions { Name = "no-disks" });
            options.VirtualMachines.Add(LabBench.Vm("empty", 2 << 20));
            options.VirtualMachines[^1].Disks[0].Data.Clear();
            options.VirtualMachines.Add(LabBench.Vm("twin", 2 << 20));
            var nfs = LabBench.Vm("on-nfs", 2 << 20);
            nfs.Disks[0].Datastore = "nfs1";
            options.VirtualMachines.Add(nfs);
            var controllers = LabBench.Vm("controllers", 2 << 20);
            foreach (var type in new[] { "sata", "nvme", "lsilogic" })
            {
                controllers.Disks.Add(new LabDiskOptions { Size = 1 << 20, Controller = type, Datastore = "nfs1", Data = [new LabDataOptions { Length = 4096, Seed = 9 }] });
            }

            options.VirtualMachines.Add(controllers);
        });
        var report = await BackupAsync();
        Assert.That(report.VirtualMachines.Where(vm => vm.Outcome != Outcome.Done).Select(vm => vm.Name), Is.EqualTo(new[] { "no-disks", "template" }));
        foreach (var vm in report.VirtualMachines.Where(vm => vm.Point is not null))
        {
            await ExpectRestoredAsync(vm);
        }

        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task Thirty_snapshots_of_others()
    {
        await StartAsync();
        for (var i = 0; i < 30; i++)
        {
            await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, i * 65536, 4096, seed: i);
            await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", $"s{i}");
        }

        var vm = (await BackupAsync()).VirtualMachines.Single();
        Assert.That((vm.Outcome, vm.Error), Is.EqualTo((Outcome.Warning, (Failures.Failure?)null)));
        await ExpectRestoredAsync(vm);
        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(30));
    }

    [Test]
    public async Task A_vm_that_no_transport_can_read_gets_no_snapshot()
    {
        await StartAsync();
        var vm = Only(await BackupAsync(null, "vmproxy"), Outcome.Failed);
        Assert.That(vm.Error!.Code, Is.EqualTo(TransportCodes.NoneUsable));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
    }

    [TestCase(1, 1)]
    [TestCase(8, 16)]
    public async Task Limits(int vms, int disks)
    {
        await StartAsync(options =>
        {
            for (var i = 0; i < 6; i++)
            {
                var vm = LabBench.Vm($"vm{i}", 1 << 20);
                vm.Disks.AddRange(Enumerable.Range(0, 3).Select(d => new LabDiskOptions { Size = 1 << 20, Data = [new LabDataOptions { Length = 4096, Seed = d }] }));
                options.VirtualMachines.Add(vm);
            }
        });
        Bench.Job["Limits"] = new System.Text.Json.Nodes.JsonObject { ["ConcurrentVms"] = vms, ["ConcurrentDisks"] = disks };
        var report = await BackupAsync();
        foreach (var vm in report.VirtualMachines)
        {
            }
        Assert.That(Bench.Leftovers(), Is.Empty);
    }
}
