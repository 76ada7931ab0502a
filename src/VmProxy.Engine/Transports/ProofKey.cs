using VmProxy.Vsphere;

namespace VmProxy.Engine.Transports;

/// <summary>What a comparison proves: that a transport reads disks of a form right on hosts of a build.</summary>
/// <param name="Transport">The transport's name.</param>
/// <param name="DiskForm">The disk's form.</param>
/// <param name="HostBuild">Version and build of the host, "7.0.3 21930508"; empty when it gives none.</param>
readonly record struct ProofKey(string Transport, string DiskForm, string HostBuild)
{
    public static ProofKey Of(string transport, VirtualMachine vm, VirtualDisk disk, Inventory inventory) =>
        new(transport, VmProxy.Transports.DiskForm.Of(disk, inventory), BuildOf(vm, inventory));

    /// <summary>The build of the host that runs the VM.</summary>
    public static string BuildOf(VirtualMachine vm, Inventory inventory) =>
        inventory.Hosts.FirstOrDefault(candidate => candidate.Id == vm.HostId) is { } host ? $"{host.Version} {host.Build}".Trim() : "";
}
