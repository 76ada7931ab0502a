using System.Globalization;

namespace VmProxy.Vsphere;

/// <summary>The properties of a VM that are asked for, always together (requirement 18), and what they mean.</summary>
static class VirtualMachineMapper
{
    public const string DevicesPath = "config.hardware.device";

    public static readonly IReadOnlyList<string> Paths =
    [
        "name",
        "parent",
        "config.uuid",
        "config.instanceUuid",
        "config.changeVersion",
        "config.template",
        "config.guestId",
        "config.version",
        "config.files",
        "config.keyId",
        "config.changeTrackingEnabled",
        DevicesPath,
        "runtime.powerState",
        "runtime.connectionState",
        "runtime.host",
        "runtime.consolidationNeeded",
        "runtime.faultToleranceState",
        "capability.changeTrackingSupported",
        "capability.quiescedSnapshotsSupported",
        "capability.snapshotOperationsSupported",
        "guest.toolsRunningStatus",
        "guest.guestFamily",
        "snapshot",
        "layoutEx",
        "datastore",
    ];

    public static VirtualMachine Map(PropertySet properties)
    {
        var devices = Devices.Of(properties);
        var tree = properties.Object<Vim.VirtualMachineSnapshotInfo>("snapshot");
        var layout = properties.Object<Vim.VirtualMachineFileLayoutEx>("layoutEx");
        return new VirtualMachine
        {
            Id = properties.Id,
            Name = properties.Text("name") ?? properties.Id.Value,
            InstanceUuid = properties.Text("config.instanceUuid"),
            BiosUuid = properties.Text("config.uuid"),
            HasConfiguration = properties.Has(DevicesPath) || properties.Has("config.files"),
            IsTemplate = properties.Flag("config.template") ?? false,
            PowerState = properties.Text("runtime.powerState") ?? "",
            ConnectionState = properties.Text("runtime.connectionState") ?? "",
            HostId = properties.Reference("runtime.host"),
            GuestId = properties.Text("config.guestId") ?? "",
            ChangeTrackingEnabled = properties.Flag("config.changeTrackingEnabled") ?? false,
            ChangeTrackingSupported = properties.Flag("capability.changeTrackingSupported") ?? false,
            HardwareVersion = HardwareVersion(properties.Text("config.version")),
            ChangeVersion = properties.Text("config.changeVersion"),
            ToolsRunning = properties.Text("guest.toolsRunningStatus") is "guestToolsRunning" or "guestToolsExecutingScripts",
            QuiesceSupported = properties.Flag("capability.quiescedSnapshotsSupported") ?? false,
            SnapshotsSupported = properties.Flag("capability.snapshotOperationsSupported") ?? true,
            IsEncrypted = properties.Has("config.keyId") || devices.Disks.Any(disk => disk.Encryption is not null),
            Encryption = EncryptionKey.Of(properties.Object<Vim.CryptoKeyId>("config.keyId")),
            HasVirtualTpm = devices.HasVirtualTpm,
            GuestFamily = properties.Text("guest.guestFamily") ?? "",
            FaultToleranceState = properties.Text("runtime.faultToleranceState") ?? "",
            ConsolidationNeeded = properties.Flag("runtime.consolidationNeeded") ?? false,
            Disks = devices.Disks,
            Controllers = devices.Controllers,
            UnknownDevices = devices.Unknown,
            Snapshots = SnapshotSizes.Add(SnapshotMapper.Flatten(tree), tree?.CurrentSnapshot?.ToId(), layout),
            CurrentSnapshot = tree?.CurrentSnapshot?.ToId(),
            VmxPath = properties.Object<Vim.VirtualMachineFileInfo>("config.files")?.VmPathName,
            SnapshotDirectory = properties.Object<Vim.VirtualMachineFileInfo>("config.files")?.SnapshotDirectory,
            ConfigurationFiles = ConfigurationFiles(layout),
            Storage = VmStorageMapper.Of(layout),
            DeltaChains = VmStorageMapper.Deltas(layout),
            DatastoreIds = [.. properties.List<Vim.ManagedObjectReference>("datastore").Select(References.ToId)],
        };
    }

    static int HardwareVersion(string? version)
        => version?.StartsWith("vmx-", StringComparison.Ordinal) == true
            && int.TryParse(version.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    // layoutEx, not a search of the datastore: searches hide files and find stale ones (requirement 10).
    static ConfigurationFile[] ConfigurationFiles(Vim.VirtualMachineFileLayoutEx? layout) =>
    [
        .. layout?.File
            .Where(file => file.Type is "config" or "extendedConfig" or "nvram" or "snapshotList")
            .Select(file => new ConfigurationFile(file.Name, file.Type, file.Size)) ?? [],
    ];
}
