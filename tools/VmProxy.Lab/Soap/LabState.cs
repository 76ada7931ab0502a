using VmProxy.Lab.Guest;
using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Vim25;

namespace VmProxy.Lab.Soap;

/// <summary>Everything that handlers work with: the inventory, what acts upon it, and who is logged in.</summary>
internal sealed class LabState : IAsyncDisposable
{
    readonly CancellationTokenSource _lifetime = new();

    public LabState(LabInventory inventory)
    {
        Inventory = inventory;
        Options = inventory.Options;
        Ids = new MoIds(Options.HostOnly);
        Started = Options.Clock.GetUtcNow();
        Sessions = new SessionTable(Options, Ids);
        Tasks = new TaskEngine(Options, Faults, inventory.Gate, inventory.Changed);
        SnapshotLog = new SnapshotLog(Options.HashLimit);
        Snapshots = new SnapshotEngine(Options, Faults, SnapshotLog, inventory.Gate);
        Relocations = new RelocationEngine(inventory);
        Devices = new DeviceFolder(Options.DeviceFolder ?? Path.Combine(Options.Folder, "devices"), Faults, Options.Clock);
        Hardware = new HardwareEngine(inventory, Options, Devices, inventory.Gate, _lifetime.Token);
        Guest = new GuestActivity(Path.Combine(Options.Folder, "scratch"));
        Objects = new ObjectTable(this);
    }

    public LabOptions Options { get; }

    public LabInventory Inventory { get; }

    public MoIds Ids { get; }

    public DateTimeOffset Started { get; }

    public FaultRegistry Faults { get; } = new();

    public SessionTable Sessions { get; }

    public TaskEngine Tasks { get; }

    public SnapshotLog SnapshotLog { get; }

    public SnapshotEngine Snapshots { get; }

    public RelocationEngine Relocations { get; }

    public HardwareEngine Hardware { get; }

    public DeviceFolder Devices { get; }

    public GuestActivity Guest { get; }

    public ObjectTable Objects { get; }

    /// <summary>Ends when the lab stops.</summary>
    public CancellationToken Lifetime => _lifetime.Token;

    /// <summary>The datacenter's name, which is fixed on a single host.</summary>
    public string DatacenterName => Options.HostOnly ? Ids.Datacenter : Options.Datacenter;

    public AboutInfo HostAbout => About("VMware ESXi", "embeddedEsx", "HostAgent", "vmnix-x86", null);

    public ServiceContent Content => new()
    {
        RootFolder = new ManagedObjectReference("Folder", Ids.RootFolder),
        PropertyCollector = new ManagedObjectReference("PropertyCollector", Ids.PropertyCollector),
        ViewManager = new ManagedObjectReference("ViewManager", "ViewManager"),
        About = Options.HostOnly
            ? HostAbout
            : About("VMware vCenter Server", "vpx", "VirtualCenter", "linux-x64", Inventory.InstanceUuid.ToString()),
        SessionManager = new ManagedObjectReference("SessionManager", Ids.SessionManager),
        AuthorizationManager = new ManagedObjectReference("AuthorizationManager", Ids.AuthorizationManager),
        TaskManager = new ManagedObjectReference("TaskManager", Ids.TaskManager),
        SearchIndex = new ManagedObjectReference("SearchIndex", Ids.SearchIndex),
    };

    public async ValueTask DisposeAsync()
    {
        await _lifetime.CancelAsync();
        Sessions.CloseAll();
        await Tasks.DisposeAsync();
        foreach (var disk in Inventory.Vms.SelectMany(vm => vm.Disks.Concat(vm.Snapshots.SelectMany(snapshot => snapshot.AllDisks))))
        {
            disk.Tree?.Dispose();
        }

        _lifetime.Dispose();
    }

    AboutInfo About(string name, string product, string apiType, string os, string? instance) => new()
    {
        Name = name,
        FullName = $"{name} {Options.ProductVersion} build-{Options.ProductBuild} (VmProxy lab)",
        Vendor = "VMware, Inc.",
        Version = Options.ProductVersion,
        Build = Options.ProductBuild,
        LocaleVersion = "INTL",
        LocaleBuild = "000",
        OsType = os,
        ProductLineId = product,
        ApiType = apiType,
        ApiVersion = SupportedVersions.Newest,
        InstanceUuid = instance,
        LicenseProductName = "VMware VirtualCenter Server",
        LicenseProductVersion = "6.0",
    };
}
