using System.Globalization;
using System.Text;

namespace VmProxy.Lab.Model;

/// <summary>The VM's own files beside its disks.</summary>
internal static class VmFiles
{
    const int NvramSize = 74232;

    /// <summary>Writes the .vmx anew; VMs that exist for their number only have none.</summary>
    public static void WriteConfiguration(LabVm vm)
    {
        if (!Directory.Exists(vm.FolderPath))
        {
            return;
        }

        var text = new StringBuilder();
        void Line(string key, string value) => text.Append(CultureInfo.InvariantCulture, $"{key} = \"{value}\"\n");

        Line(".encoding", "UTF-8");
        Line("config.version", "8");
        Line("virtualHW.version", vm.Options.HardwareVersion["vmx-".Length..]);
        Line("displayName", vm.Name);
        Line("guestOS", vm.Options.GuestId);
        Line("uuid.bios", Storage.VmdkDescriptor.Spaced(vm.BiosUuid));
        Line("vc.uuid", Storage.VmdkDescriptor.Spaced(vm.InstanceUuid));
        Line("nvram", vm.Name + ".nvram");
        Line("ctkEnabled", vm.ChangeTrackingEnabled ? "TRUE" : "FALSE");
        foreach (var controller in vm.Controllers)
        {
            Line($"{controller.Kind.Node}{controller.Bus}.present", "TRUE");
            if (controller.Kind.IsScsi)
            {
                Line($"{controller.Kind.Node}{controller.Bus}.virtualDev", controller.Kind.Name == "lsisas" ? "lsisas1068" : controller.Kind.Name);
            }
        }

        foreach (var disk in vm.Disks.Where(disk => disk.Layer is not null))
        {
            var node = $"{disk.Controller.Kind.Node}{disk.Controller.Bus}:{disk.Unit}";
            Line($"{node}.present", "TRUE");
            Line($"{node}.fileName", FileName(vm, disk));
            Line($"{node}.deviceType", "scsi-hardDisk");
            if (disk.Mode != "persistent")
            {
                Line($"{node}.mode", disk.Mode.Replace('_', '-'));
            }
        }

        Storage.WholeFile.Write(Path.Combine(vm.FolderPath, vm.Name + ".vmx"), text.ToString());
    }

    /// <summary>Writes what never changes: an NVRAM of the usual size, different for each VM, and a log.</summary>
    public static void WriteOthers(LabVm vm)
    {
        var nvram = new byte[NvramSize];
        new Random(vm.Name.Length).NextBytes(nvram.AsSpan(0, 512));
        "MRVN"u8.CopyTo(nvram);
        vm.InstanceUuid.TryWriteBytes(nvram.AsSpan(4));
        File.WriteAllBytes(Path.Combine(vm.FolderPath, vm.Name + ".nvram"), nvram);
        File.WriteAllText(Path.Combine(vm.FolderPath, "vmware.log"), $"{vm.Name} was made by the lab.\n");
    }

    public static string SnapshotListPath(LabVm vm) => Path.Combine(vm.FolderPath, vm.Name + ".vmsd");

    /// <summary>Writes the list of snapshots, as a host does whenever it changes.</summary>
    public static void WriteSnapshotList(LabVm vm)
    {
        if (Directory.Exists(vm.FolderPath))
        {
            Storage.WholeFile.Write(
                SnapshotListPath(vm),
                $".encoding = \"UTF-8\"\nsnapshot.numSnapshots = \"{vm.Snapshots.Count.ToString(CultureInfo.InvariantCulture)}\"\n"
                + string.Concat(vm.Snapshots.Select((snapshot, index) => string.Create(
                    CultureInfo.InvariantCulture, $"snapshot{index}.uid = \"{snapshot.Number}\"\nsnapshot{index}.displayName = \"{snapshot.Name}\"\n"))));
        }
    }

    /// <summary>Moves what is not a disk to where the VM's files lie now.</summary>
    public static void Move(LabVm vm, string from)
    {
        Directory.CreateDirectory(vm.FolderPath);
        foreach (var file in Directory.EnumerateFiles(from).Where(file => !file.EndsWith(".vmdk", StringComparison.Ordinal)).ToArray())
        {
            File.Move(file, Path.Combine(vm.FolderPath, Path.GetFileName(file)), overwrite: true);
        }
    }

    static string FileName(LabVm vm, LabDisk disk)
    {
        var files = disk.Layer!.Files;
        return files.Folder == vm.FolderPath ? files.Name + ".vmdk" : $"/vmfs/volumes/{disk.Datastore.Uuid}/{files.DatastorePath.Split("] ", 2)[1]}";
    }
}
