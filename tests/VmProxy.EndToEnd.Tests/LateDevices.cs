using VmProxy.LabTesting;

namespace VmProxy.EndToEnd.Tests;

/// <summary>A device folder in which attached disks appear when the test says so: it holds runs in the middle of their work for as long as a test needs.</summary>
sealed class LateDevices
{
    readonly LabBench _bench;
    readonly string _folder;

    LateDevices(LabBench bench)
    {
        _bench = bench;
        _folder = bench["udev"];
        PointTo(Directory.CreateDirectory(bench["no-devices"]).FullName);
    }

    /// <summary>Points the bench's configuration to such a folder.</summary>
    public static LateDevices SetUp(LabBench bench)
    {
        var devices = new LateDevices(bench);
        var hotAdd = bench.Root["Transports"]!["HotAdd"]!;
        hotAdd["DeviceFolder"] = devices._folder;
        hotAdd["DeviceTimeout"] = "00:05:00";
        bench.SaveConfiguration();
        return devices;
    }

    /// <summary>Number of disks that are attached to the proxy VM.</summary>
    public int Attached() => _bench.Lab.Control.State().VirtualMachines.SelectMany(vm => vm.Disks).Count(disk => disk.Foreign);

    /// <summary>From now on the devices are there.</summary>
    public void Appear() => PointTo(_bench.Lab.Control.DeviceFolder);

    void PointTo(string folder)
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder);
        }

        Directory.CreateSymbolicLink(_folder, folder);
    }
}
