using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Lab.Storage;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>layoutEx: every file of a VM, and which make up which disk.</summary>
internal static class VmLayout
{
    public static VirtualMachineFileLayoutEx Of(LabState server, LabVm vm)
    {
        var files = new List<VirtualMachineFileLayoutExFileInfo>();
        if (!Directory.Exists(vm.FolderPath))
        {
            return new VirtualMachineFileLayoutEx { Timestamp = server.Options.Clock.GetUtcNow() };
        }

        Add(vm.ConfigurationPath, "config", OnDisk(vm, ".vmx"));
        Add($"{vm.DatastoreFolder}/{vm.Name}.nvram", "nvram", OnDisk(vm, ".nvram"));
        Add($"{vm.DatastoreFolder}/vmware.log", "log", 0);
        if (File.Exists(VmFiles.SnapshotListPath(vm)))
        {
            Add($"{vm.DatastoreFolder}/{vm.Name}.vmsd", "snapshotList", OnDisk(vm, ".vmsd"));
        }

        var keys = new Dictionary<DiskLayer, List<int>>();
        foreach (var layer in vm.Disks.Where(disk => disk is { Attached: null, Tree: not null }).SelectMany(disk => disk.Tree!.Layers))
        {
            keys.Add(
                layer,
                [
                    Add(layer.Files.DatastorePath, "diskDescriptor", new System.IO.FileInfo(layer.Files.DescriptorPath).Length),
                    Add(layer.Files.DatastoreExtentPath, "diskExtent", layer.SpaceUsed),
                ]);
        }

        return new VirtualMachineFileLayoutEx
        {
            File = files,
            Disk = [.. vm.Disks.Where(disk => disk is { Attached: null, Tree: not null }).Select(disk => Layout(disk.Key, disk.Tree!.Leaf))],
            Snapshot =
            [
                .. vm.Snapshots.Select(snapshot => new VirtualMachineFileLayoutExSnapshotLayout
                {
                    Key = new ManagedObjectReference("VirtualMachineSnapshot", snapshot.Id),
                    DataKey = -1,
                    MemoryKey = -1,
                    Disk = [.. snapshot.Disks.Select(disk => Layout(disk.Disk.Key, disk.Layer(snapshot)))],
                }),
            ],
            Timestamp = server.Options.Clock.GetUtcNow(),
        };

        int Add(string name, string type, long size)
        {
            files.Add(new VirtualMachineFileLayoutExFileInfo
            {
                Key = files.Count,
                Name = name,
                Type = type,
                Size = size,
                UniqueSize = size,
                Accessible = true,
            });
            return files.Count - 1;
        }

        VirtualMachineFileLayoutExDiskLayout Layout(int key, DiskLayer leaf) => new()
        {
            Key = key,
            Chain = [.. DiskTree.Chain(leaf).Reverse().Select(layer => new VirtualMachineFileLayoutExDiskUnit { FileKey = keys.GetValueOrDefault(layer) ?? [] })],
        };
    }

    static long OnDisk(LabVm vm, string extension) => new System.IO.FileInfo(Path.Combine(vm.FolderPath, vm.Name + extension)).Length;
}
