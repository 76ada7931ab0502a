using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using VmProxy.Vim25;

namespace VmProxy.Lab.Tests;

/// <summary>Sessions, size and faults, through VmProxy's own client.</summary>
public sealed class ServerTests
{
    static readonly ManagedObjectReference ServiceInstance = new("ServiceInstance", "ServiceInstance");

    [Test]
    public async Task A_session_dies_of_idleness_by_the_given_clock()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var lab = await LabFixture.StartAsync(options => options.Clock = clock);
        using var client = await LabTestClient.LoginAsync(lab.Server);
        clock.Advance(TimeSpan.FromMinutes(29));
        await client.Vim.CurrentTimeAsync(ServiceInstance);
        clock.Advance(TimeSpan.FromMinutes(29));
        Assert.That(await client.Vim.CurrentTimeAsync(ServiceInstance), Is.EqualTo(clock.GetUtcNow()));
        clock.Advance(TimeSpan.FromMinutes(31));
        var fault = Assert.ThrowsAsync<VimFaultException>(() => client.Vim.CurrentTimeAsync(ServiceInstance));
        Assert.That(fault!.Fault, Is.TypeOf<NotAuthenticated>());
    }

    [Test]
    public async Task Five_thousand_machines_are_served_in_pages_within_seconds()
    {
        await using var lab = await LabFixture.StartAsync(options => options.ScaleVirtualMachines = 5000);
        using var client = await LabTestClient.LoginAsync(lab.Server);
        var content = await client.Vim.RetrieveServiceContentAsync(ServiceInstance);
        var view = await client.Vim.CreateContainerViewAsync(content.ViewManager!, content.RootFolder, ["VirtualMachine"], true);
        var watch = Stopwatch.StartNew();
        var spec = new PropertyFilterSpec
        {
            ObjectSet = [new ObjectSpec { Obj = view, Skip = true, SelectSet = [new TraversalSpec { Type = "ContainerView", Path = "view", Skip = false }] }],
            PropSet = [new PropertySpec { Type = "VirtualMachine", PathSet = ["name", "config.hardware.device", "config.changeTrackingEnabled", "runtime", "snapshot"] }],
        };
        var page = await client.Vim.RetrievePropertiesExAsync(content.PropertyCollector, [spec], new RetrieveOptions { MaxObjects = 500 });
        var (count, pages) = (page!.Objects.Count, 1);
        while (page.Token is { } token)
        {
            page = await client.Vim.ContinueRetrievePropertiesExAsync(content.PropertyCollector, token);
            count += page.Objects.Count;
            pages++;
        }

        TestContext.Out.WriteLine($"{count} machines in {pages} pages, {watch.ElapsedMilliseconds} ms");
        Assert.That(count, Is.EqualTo(5006));
        Assert.That(pages, Is.EqualTo(11));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(15)));
    }

    [Test]
    public async Task A_device_of_a_newer_server_arrives_as_it_would()
    {
        await using var lab = await LabFixture.StartAsync();
        lab.Server.Control.ArmFault("unknown-device-type:web");
        using var client = await LabTestClient.LoginAsync(lab.Server);
        var content = await client.Vim.RetrieveServiceContentAsync(ServiceInstance);
        var spec = new PropertyFilterSpec
        {
            ObjectSet = [new ObjectSpec { Obj = client.Vm("web") }],
            PropSet = [new PropertySpec { Type = "VirtualMachine", PathSet = ["config.hardware.device"] }],
        };
        var result = await client.Vim.RetrievePropertiesExAsync(content.PropertyCollector, [spec], new RetrieveOptions());
        var devices = ((VimArray)result!.Objects[0].PropSet[0].Val!).Of<VirtualDevice>();
        Assert.That(devices.Single(device => device.UnknownTypeName is not null).UnknownTypeName, Is.EqualTo("VirtualQuantumLink"));
        Assert.That(devices.OfType<VirtualDisk>().Count(), Is.EqualTo(2));
    }

    [Test]
    public async Task Device_faults_strike_the_attached_disk()
    {
        await using var lab = await LabFixture.StartAsync();
        var control = lab.Server.Control;
        await control.Operator.CreateSnapshotAsync("web", "one");
        using var client = await LabTestClient.LoginAsync(lab.Server);

        control.ArmFault("device-never-appears");
        Assert.That(File.Exists(await AttachAsync(client, lab)), Is.False);
        control.Operator.DetachForeignDisks("vmproxy");

        control.ArmFault("device-wrong-size");
        Assert.That(new System.IO.FileInfo(await AttachAsync(client, lab)).Length, Is.Not.EqualTo(8 << 20));
        control.Operator.DetachForeignDisks("vmproxy");

        var device = await AttachAsync(client, lab);
        Assert.That(new System.IO.FileInfo(device).Length, Is.EqualTo(8 << 20));
        control.Operator.DetachForeignDisks("vmproxy");
        Assert.That(File.Exists(device), Is.False);
    }

    [Test]
    public async Task A_slow_device_appears_when_its_time_has_come()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var lab = await LabFixture.StartAsync(options => options.Clock = clock);
        await lab.Server.Control.Operator.CreateSnapshotAsync("web", "one");
        using var client = await LabTestClient.LoginAsync(lab.Server);
        lab.Server.Control.ArmFault("slow-attach:30");
        var device = await AttachAsync(client, lab);
        Assert.That(File.Exists(device), Is.False);
        clock.Advance(TimeSpan.FromSeconds(31));
        Assert.That(() => File.Exists(device), Is.True.After(10_000, 10));
    }

    [Test]
    public async Task A_lab_refuses_a_folder_that_another_one_uses()
    {
        await using var lab = await LabFixture.StartAsync();
        Assert.That(async () => await LabServer.StartAsync(new LabOptions { Folder = lab.Folder["lab"] }), Throws.InstanceOf<IOException>());
    }

    [Test]
    public void Options_that_make_no_lab_are_refused_by_name()
    {
        var options = new LabOptions { Folder = "x", VirtualMachines = [new LabVmOptions { Name = "a", Disks = [new LabDiskOptions { Size = 1000 }] }] };
        Assert.That(async () => await LabServer.StartAsync(options), Throws.ArgumentException.With.Message.StartsWith("a: size"));
    }

    [Test]
    public async Task A_configuration_file_with_an_unknown_key_is_refused_by_name()
    {
        await using var lab = await LabFixture.StartAsync();
        var path = lab.Folder["lab.json"];
        await File.WriteAllTextAsync(path, """{ "virtualMachines": [ { "name": "a", "disks": [ { "sise": 1 } ] } ] }""");
        Assert.That(
            async () => await LabOptions.ReadAsync(path, CancellationToken.None),
            Throws.InstanceOf<System.Text.Json.JsonException>().With.Message.Contains("sise"));
    }

    /// <summary>Attaches web's frozen first disk to the proxy VM and returns where it should appear.</summary>
    static async Task<string> AttachAsync(LabTestClient client, LabFixture lab)
    {
        var spec = new VirtualMachineConfigSpec
        {
            DeviceChange =
            [
                new VirtualDeviceConfigSpec
                {
                    Operation = "add",
                    Device = new VirtualDisk
                    {
                        Key = -1,
                        ControllerKey = 1000,
                        UnitNumber = -1,
                        Backing = new VirtualDiskFlatVer2BackingInfo { FileName = "[datastore1] web/web.vmdk", DiskMode = "independent_nonpersistent" },
                    },
                },
            ],
        };
        await client.FinishAsync(await client.Vim.ReconfigVMTaskAsync(client.Vm("vmproxy"), spec));
        return lab.Server.Control.State().VirtualMachines.Single(vm => vm.Name == "vmproxy").Disks.Single(disk => disk.Foreign).DevicePath!;
    }
}
