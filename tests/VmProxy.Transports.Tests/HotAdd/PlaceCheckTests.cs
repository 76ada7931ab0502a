using Microsoft.Extensions.Logging.Abstractions;
using VmProxy.Testing;
using static VmProxy.Transports.Tests.TestInventory;

namespace VmProxy.Transports.Tests.HotAdd;

/// <summary>A device of the right name is read only where vCenter put the disk, and with its serial number.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class PlaceCheckTests : IDisposable
{
    const string Wwid = "naa.6000c29ab652bf92dc0dc1a1f0e9b0a4";
    readonly FakeSystem _system = new();
    readonly TempFolder _folder = new();
    readonly RecordingJournal _journal = new();
    readonly FolderProxyDisks _disks;

    public PlaceCheckTests() => _disks = new FolderProxyDisks(_folder.Path, _journal)
    {
        Place = new(2016, "ParaVirtualSCSIController", 1, 5, null, "") { PciSlot = 256 },
    };

    public void Dispose()
    {
        _folder.Dispose();
        _system.Dispose();
    }

    [TestCase("0000:13:00.0", "2:0:5:0", Wwid, null)]
    [TestCase("0000:13:00.0", "2:0:5:0", null, null, Description = "a device that gives no serial number")]
    [TestCase("0000:13:00.0", "2:0:5:0", "naa.6000c29ab652bf92dc0dc1a1f0e9b0a5", TransportCodes.DeviceWrongSerial)]
    [TestCase("0000:13:00.0", "2:0:6:0", Wwid, TransportCodes.DeviceWrongPlace)]
    [TestCase("0000:03:00.0", "2:0:5:0", Wwid, TransportCodes.DeviceWrongPlace)]
    public async Task A_disk_is_confirmed_by_controller_unit_and_serial_number(string controller, string address, string? wwid, string? code)
    {
        _system.Write("sys/bus/pci/slots/256/address", "0000:13:00\n");
        Attach(controller, address, wwid);
        await ExpectAsync(code);
    }

    [Test]
    public async Task A_SAS_controller_numbers_its_targets_as_it_likes()
    {
        _disks.Place = _disks.Place with { ControllerType = "VirtualLsiLogicSASController" };
        Attach("0000:13:00.0", "2:0:0:0", Wwid);
        await ExpectAsync(null);
    }

    [Test]
    public async Task A_slot_that_the_system_does_not_name_is_not_held_against_the_disk()
    {
        Attach("0000:03:00.0", "2:0:5:0", Wwid);
        await ExpectAsync(null);
    }

    [Test]
    public async Task The_device_is_opened_for_reading_only()
    {
        var device = Attach("0000:13:00.0", "2:0:5:0", Wwid);
        await using var disk = await Transport().OpenAsync(new SnapshotDiskRequest(Vm, Snapshot, Disk), CancellationToken.None);
        var modes = Directory.GetFiles("/proc/self/fd")
            .Where(descriptor => TargetOf(descriptor) == device)
            .Select(descriptor => File.ReadLines($"/proc/self/fdinfo/{Path.GetFileName(descriptor)}").First(line => line.StartsWith("flags:", StringComparison.Ordinal))[^1])
            .ToArray();
        Assert.That(modes, Is.Not.Empty.And.All.EqualTo('0'), "O_RDONLY");

        static string? TargetOf(string descriptor)
        {
            try
            {
                return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName;
            }
            catch (FileNotFoundException)
            {
                // Another test's, which has been closed since it was listed.
                return null;
            }
        }
    }

    /// <summary>Attaching makes udev's name appear as a link to the kernel's.</summary>
    string Attach(string controller, string address, string? wwid)
    {
        var device = _system.AddDisk("sdf", controller, address, wwid, Disk.CapacityBytes);
        _disks.Appear = async path =>
        {
            await File.WriteAllBytesAsync(device, _disks.Content);
            File.CreateSymbolicLink(path, device);
        };
        return device;
    }

    async Task ExpectAsync(string? code)
    {
        var failure = "";
        try
        {
            await using var disk = await Transport().OpenAsync(new SnapshotDiskRequest(Vm, Snapshot, Disk), CancellationToken.None);
        }
        catch (TransportException exception)
        {
            failure = exception.Code;
        }

        Assert.That(failure, Is.EqualTo(code ?? ""));
        Assert.That(_disks.Attached, Is.Empty);
        Assert.That(_journal.Open, Is.Empty);
    }

    HotAddTransport Transport() => new(
        _disks,
        With(Proxy),
        new HotAddOptions { ProxyVm = "proxy", DeviceFolder = _folder.Path, DeviceTimeout = TimeSpan.FromSeconds(5), SystemRoot = _system.Root },
        _journal,
        TimeProvider.System,
        NullLogger.Instance);
}
