using System.Globalization;

namespace VmProxy.Lab.Model;

/// <summary>Makes the inventory, and the files under it, that the options describe.</summary>
internal static class InventoryBuilder
{
    public static async Task<LabInventory> BuildAsync(LabOptions options, CancellationToken cancellationToken)
    {
        var inventory = new LabInventory(options);
        var ids = new MoIds(options.HostOnly);
        inventory.VmFolders.Add(new LabFolder(ids.VmFolder, "vm", null));
        inventory.Hosts.AddRange(options.Hosts.Take(options.HostOnly ? 1 : int.MaxValue).Select((name, index) => new LabHost(ids.Host(index), name)));
        foreach (var (datastore, index) in (options.Datastores is { Count: > 0 } given ? given : [new LabDatastoreOptions()]).Select((datastore, index) => (datastore, index)))
        {
            var folder = Path.Combine(options.Folder, "datastores", datastore.Name);
            Directory.CreateDirectory(folder);
            var uuid = LabDatastore.UuidOf(datastore.Name);
            inventory.Datastores.Add(new LabDatastore(ids.Datastore(index, uuid), datastore, folder));
        }

        var proxy = options.VirtualMachines.Exists(vm => vm.Name == options.ProxyVm)
            ? []
            : new[] { new LabVmOptions { Name = options.ProxyVm, Disks = [new LabDiskOptions { Size = 1 << 20 }] } };
        foreach (var vm in options.VirtualMachines.Concat(proxy))
        {
            inventory.Vms.Add(await BuildVmAsync(inventory, ids, vm, cancellationToken));
        }

        for (var i = 0; i < options.ScaleVirtualMachines; i++)
        {
            inventory.Vms.Add(ScaleVm(inventory, ids, i));
        }

        foreach (var datastore in inventory.Datastores)
        {
            datastore.Refresh(options.Clock.GetUtcNow());
        }

        return inventory;
    }

    static async Task<LabVm> BuildVmAsync(LabInventory inventory, MoIds ids, LabVmOptions options, CancellationToken cancellationToken)
    {
        var datastore = DatastoreNamed(inventory, options.Datastore);
        var vm = new LabVm
        {
            Id = ids.Vm(inventory.Vms.Count + 1),
            Options = options,
            Datastore = datastore,
            Host = options.Host is null ? inventory.Hosts[0].Id : Named(inventory.Hosts, host => host.Name == options.Host, "host", options.Host).Id,
            ParentFolder = FolderAt(inventory, ids, options.Folder),
            PowerState = options is { PoweredOn: true, Template: false } ? "poweredOn" : "poweredOff",
            Template = options.Template,
            ChangeTrackingEnabled = options.ChangeTracking,
            Modified = inventory.Options.Clock.GetUtcNow(),
        };
        Directory.CreateDirectory(vm.FolderPath);
        foreach (var disk in options.Disks)
        {
            var target = disk.Datastore is null ? datastore : DatastoreNamed(inventory, disk.Datastore);
            vm.Disks.Add(await DiskBuilder.BuildAsync(vm, disk, target, cancellationToken));
        }

        AddIdleControllers(vm);
        vm.BeginChangeTracking();
        VmFiles.WriteOthers(vm);
        VmFiles.WriteConfiguration(vm);
        return vm;
    }

    /// <summary>A VM always has the two IDE channels, and the lab's VMs a SCSI controller to attach to.</summary>
    static void AddIdleControllers(LabVm vm)
    {
        DiskBuilder.ControllerFor(vm, "ide", 0, "noSharing");
        DiskBuilder.ControllerFor(vm, "ide", 1, "noSharing");
        if (!vm.Controllers.Exists(controller => controller.Kind.IsScsi))
        {
            DiskBuilder.ControllerFor(vm, "pvscsi", 0, "noSharing");
        }
    }

    static LabVm ScaleVm(LabInventory inventory, MoIds ids, int index)
    {
        var vm = new LabVm
        {
            Id = ids.Vm(inventory.Vms.Count + 1),
            Options = new LabVmOptions { Name = string.Create(CultureInfo.InvariantCulture, $"scale-{index:D5}"), ToolsRunning = index % 2 == 0 },
            Datastore = inventory.Datastores[index % inventory.Datastores.Count],
            Host = inventory.Hosts[index % inventory.Hosts.Count].Id,
            ParentFolder = ids.VmFolder,
            PowerState = index % 3 == 0 ? "poweredOff" : "poweredOn",
            Modified = inventory.Options.Clock.GetUtcNow(),
        };
        var controller = DiskBuilder.ControllerFor(vm, "pvscsi", 0, "noSharing");
        vm.Disks.Add(new LabDisk
        {
            Key = 2000,
            Label = "Hard disk 1",
            Controller = controller,
            Unit = 0,
            Mode = "persistent",
            Tree = null,
            Datastore = vm.Datastore,
        });
        return vm;
    }

    static string FolderAt(LabInventory inventory, MoIds ids, string? path)
    {
        var parent = ids.VmFolder;
        foreach (var name in (path ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var folder = inventory.VmFolders.Find(folder => folder.ParentId == parent && folder.Name == name);
            if (folder is null)
            {
                folder = new LabFolder(MoIds.Folder(inventory.VmFolders.Count), name, parent);
                inventory.VmFolders.Add(folder);
            }

            parent = folder.Id;
        }

        return parent;
    }

    static LabDatastore DatastoreNamed(LabInventory inventory, string? name) => name is null
        ? inventory.Datastores[0]
        : Named(inventory.Datastores, datastore => datastore.Name == name, "datastore", name);

    static T Named<T>(List<T> items, Predicate<T> match, string kind, string name) =>
        items.Find(match) ?? throw new ArgumentException($"The lab has no {kind} '{name}'.");
}
