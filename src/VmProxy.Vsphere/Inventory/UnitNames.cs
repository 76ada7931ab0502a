using System.Globalization;

namespace VmProxy.Vsphere;

/// <summary>The places of disks in the words of a vmx file and of the vSphere client: <c>scsi0:1</c>, <c>sata0:0</c>, <c>nvme0:0</c>, <c>ide1:0</c>.</summary>
static class UnitNames
{
    /// <summary>The place; null when controller or unit are unknown.</summary>
    public static string? Of(string controllerType, int bus, int? unit) => unit is { } number && Node(controllerType) is { } node
        ? string.Create(CultureInfo.InvariantCulture, $"{node}{bus}:{number}")
        : null;

    static string? Node(string controllerType) => controllerType switch
    {
        "ParaVirtualSCSIController" or "VirtualLsiLogicController" or "VirtualLsiLogicSASController" or "VirtualBusLogicController"
            or "VirtualSCSIController" => "scsi",
        "VirtualAHCIController" or "VirtualSATAController" => "sata",
        "VirtualNVMEController" => "nvme",
        "VirtualIDEController" => "ide",
        _ => null,
    };
}
