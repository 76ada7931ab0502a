using System.Globalization;
using System.Security.Cryptography;
using VmProxy.Lab.Guest;
using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Model;

/// <summary>Makes a VM's disks with what they hold at the start.</summary>
internal static class DiskBuilder
{
    public static async Task<LabDisk> BuildAsync(
        LabVm vm, LabDiskOptions options, LabDatastore datastore, CancellationToken cancellationToken)
    {
        var controller = ControllerFor(vm, options.Controller, options.Bus, options.SharedBus);
        var unit = Enumerable.Range(0, controller.Kind.Units)
            .First(unit => controller.Kind.Accepts(unit) && !vm.Disks.Exists(disk => disk.Controller == controller && disk.Unit == unit));
        var number = vm.Disks.Count;
        var folder = Path.Combine(datastore.Folder, datastore.FolderNameOf(vm.Name));
        Directory.CreateDirectory(folder);
        var files = new LayerFiles(
            folder,
            $"[{datastore.Name}] {datastore.FolderNameOf(vm.Name)}",
            options.FileName is { } name ? name : number == 0 ? vm.Name : string.Create(CultureInfo.InvariantCulture, $"{vm.Name}_{number}"),
            options.RawDeviceMapping switch { "virtualMode" => "rdm", "physicalMode" => "rdmp", _ => "flat" },
            NewUuid());
        if (options.Tree is { } tree)
        {
            await Ext4.MakeAsync(files.ExtentPath, options.Size, tree, cancellationToken);
        }

        var disk = new DiskTree(FlatLayer.Create(files, options.Size, options.Thin, datastore.Space), datastore.Space);
        foreach (var data in options.Data)
        {
            RandomData.Write(data, (offset, bytes) => disk.Write(offset, bytes));
        }

        return new LabDisk
        {
            Key = controller.Kind.DiskKey(controller.Bus, unit),
            Label = string.Create(CultureInfo.InvariantCulture, $"Hard disk {number + 1}"),
            Controller = controller,
            Unit = unit,
            Mode = options.Mode,
            Sharing = options.Sharing,
            RawDeviceMapping = options.RawDeviceMapping,
            UnknownBacking = options.UnknownBacking,
            Tree = disk,
            Datastore = datastore,
        };
    }

    /// <summary>The VM's controller of that kind on that bus, made when it lacks it.</summary>
    public static LabController ControllerFor(LabVm vm, string name, int bus, string sharedBus)
    {
        var kind = LabControllerKind.Named(name);
        var controller = vm.Controllers.Find(controller => controller.Kind.Node == kind.Node && controller.Bus == bus);
        if (controller is null)
        {
            controller = new LabController(kind.FirstKey + bus, kind, bus, sharedBus);
            vm.Controllers.Add(controller);
        }

        return controller;
    }

    /// <summary>VMware's disks have UUIDs that begin with its vendor number, which makes them NAA names.</summary>
    static Guid NewUuid() => Guid.ParseExact("6000c29" + RandomNumberGenerator.GetHexString(25, lowercase: true), "N");
}
