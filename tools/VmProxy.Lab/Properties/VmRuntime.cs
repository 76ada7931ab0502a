using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>How a VM runs, and short summaries of it.</summary>
internal static class VmRuntime
{
    public static VirtualMachineRuntimeInfo Runtime(LabState server, LabVm vm) => new()
    {
        Host = new ManagedObjectReference("HostSystem", vm.Host),
        ConnectionState = vm.Options.ConnectionState,
        PowerState = vm.PowerState,
        FaultToleranceState = "notConfigured",
        ToolsInstallerMounted = false,
        BootTime = vm.PowerState == "poweredOn" ? server.Started : null,
        NumMksConnections = 0,
        RecordReplayState = "inactive",
        OnlineStandby = false,
        ConsolidationNeeded = vm.ConsolidationNeeded,
        CryptoState = vm.Options.EncryptionKey is null ? null : "safe",
        Question = vm.AsksForRoom ? NoRoom : null,
    };

    static VirtualMachineQuestionInfo NoRoom => new()
    {
        Id = "1",
        Text = "There is no more space for the virtual disk. You might be able to continue this session by freeing disk space on the relevant partition, and clicking Retry.",
        Choice = new ChoiceOption { ChoiceInfo = [new ElementDescription { Key = "0", Label = "Retry", Summary = "Retry" }], DefaultIndex = 0 },
    };

    public static VirtualMachineCapability Capability(LabVm vm) => new()
    {
        SnapshotOperationsSupported = true,
        MultipleSnapshotsSupported = true,
        SnapshotConfigSupported = true,
        PoweredOffSnapshotsSupported = true,
        MemorySnapshotsSupported = true,
        RevertToSnapshotSupported = true,
        QuiescedSnapshotsSupported = true,
        DiskSharesSupported = true,
        ChangeTrackingSupported = vm.Options.ChangeTrackingSupported,
    };

    public static GuestInfo Guest(LabVm vm)
    {
        var running = ToolsRun(vm);
        return new GuestInfo
        {
            ToolsStatus = running ? "toolsOk" : "toolsNotRunning",
            ToolsVersionStatus2 = running ? "guestToolsUnmanaged" : "guestToolsNotInstalled",
            ToolsRunningStatus = running ? "guestToolsRunning" : "guestToolsNotRunning",
            GuestId = running ? vm.Options.GuestId : null,
            GuestFamily = running ? vm.IsWindows ? "windowsGuest" : "linuxGuest" : null,
            HostName = running ? vm.Name : null,
            GuestState = running ? "running" : "notRunning",
        };
    }

    public static VirtualMachineSummary Summary(LabState server, LabVm vm) => new()
    {
        Vm = new ManagedObjectReference("VirtualMachine", vm.Id),
        Runtime = Runtime(server, vm),
        Guest = new VirtualMachineGuestSummary
        {
            ToolsStatus = ToolsRun(vm) ? "toolsOk" : "toolsNotRunning",
            ToolsRunningStatus = ToolsRun(vm) ? "guestToolsRunning" : "guestToolsNotRunning",
        },
        Config = new VirtualMachineConfigSummary
        {
            Name = vm.Name,
            Template = vm.Template,
            VmPathName = vm.ConfigurationPath,
            MemorySizeMB = 2048,
            NumCpu = 2,
            NumVirtualDisks = vm.Disks.Count,
            Uuid = vm.BiosUuid.ToString(),
            InstanceUuid = vm.Options.NoInstanceUuid ? null : vm.InstanceUuid.ToString(),
            GuestId = vm.Options.GuestId,
        },
        Storage = new VirtualMachineStorageSummary { Committed = Committed(vm), Unshared = Committed(vm), Timestamp = server.Options.Clock.GetUtcNow() },
        QuickStats = new VirtualMachineQuickStats { GuestHeartbeatStatus = "gray" },
        OverallStatus = "green",
    };

    public static VirtualMachineStorageInfo Storage(LabState server, LabVm vm) => new()
    {
        PerDatastoreUsage =
        [
            .. vm.Disks.Where(disk => disk is { Attached: null, Tree: not null }).GroupBy(disk => disk.Datastore).Select(group =>
            {
                var committed = group.Sum(disk => disk.Tree!.Layers.Sum(layer => layer.SpaceUsed));
                return new VirtualMachineUsageOnDatastore
                {
                    Datastore = new ManagedObjectReference("Datastore", group.Key.Id),
                    Committed = committed,
                    Uncommitted = group.Sum(disk => Math.Max(0, disk.Tree!.Length - disk.Tree.Root.SpaceUsed)),
                    Unshared = committed,
                };
            }),
        ],
        Timestamp = server.Options.Clock.GetUtcNow(),
    };

    static bool ToolsRun(LabVm vm) => vm.Options.ToolsRunning && vm.PowerState == "poweredOn";

    static long Committed(LabVm vm) =>
        vm.Disks.Where(disk => disk is { Attached: null, Tree: not null }).Sum(disk => disk.Tree!.Layers.Sum(layer => layer.SpaceUsed));
}
