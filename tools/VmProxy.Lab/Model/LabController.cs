namespace VmProxy.Lab.Model;

/// <summary>A disk controller of a VM.</summary>
internal sealed record LabController(int Key, LabControllerKind Kind, int Bus, string SharedBus);

/// <summary>What tells the kinds of controllers apart.</summary>
internal sealed record LabControllerKind(string Name, string TypeName, string Node, int FirstKey, int FirstDiskKey, int Units, bool HotAdd)
{
    /// <summary>The unit number that a SCSI controller itself takes.</summary>
    public const int ScsiControllerUnit = 7;

    /// <summary>A type that no 6.7 client knows.</summary>
    public const string NewerTypeName = "VirtualQuantumController";

    static readonly LabControllerKind[] All =
    [
        new("pvscsi", "ParaVirtualSCSIController", "scsi", 1000, 2000, 16, true),
        new("lsilogic", "VirtualLsiLogicController", "scsi", 1000, 2000, 16, true),
        new("lsisas", "VirtualLsiLogicSASController", "scsi", 1000, 2000, 16, true),
        new("buslogic", "VirtualBusLogicController", "scsi", 1000, 2000, 16, true),
        new("sata", "VirtualAHCIController", "sata", 15000, 16000, 30, true),
        new("nvme", "VirtualNVMEController", "nvme", 31000, 32000, 15, true),
        new("quantum", NewerTypeName, "quantum", 41000, 42000, 8, true),
        new("ide", "VirtualIDEController", "ide", 200, 3000, 2, false),
    ];

    public bool IsScsi => Node == "scsi";

    /// <summary>The keys of one bus' disks are a block of their own.</summary>
    public int DiskKey(int bus, int unit) => FirstDiskKey + (bus * (Node == "sata" ? 30 : Node == "ide" ? 2 : 16)) + unit;

    public bool Accepts(int unit) => unit >= 0 && unit < Units && !(IsScsi && unit == ScsiControllerUnit);

    public static LabControllerKind Named(string name) =>
        Array.Find(All, kind => kind.Name == name || kind.TypeName == name)
        ?? throw new ArgumentException($"Controller '{name}' is none of {string.Join(", ", All.Select(kind => kind.Name))}.", nameof(name));
}
