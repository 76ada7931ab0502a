using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>Finds the configured proxy VM in the inventory, or says why not.</summary>
public static class ProxyVmFinder
{
    /// <summary>The VM that answers to the configured name, instance uuid or moid; or why there is none.</summary>
    /// <param name="configured">Transports:HotAdd:ProxyVm; null or empty when this program runs in no VM.</param>
    /// <param name="inventory">What the vCenter holds.</param>
    public static (VirtualMachine? Proxy, TransportReason? Problem) Find(string? configured, Inventory inventory)
    {
        if (string.IsNullOrWhiteSpace(configured))
        {
            return (null, new TransportReason(
                TransportCodes.ProxyNotConfigured, "no proxy VM is configured (Transports:HotAdd:ProxyVm)"));
        }

        var found = inventory.VirtualMachines.Where(vm => Answers(vm, configured)).ToList();
        return found switch
        {
            [] => (null, new TransportReason(
                TransportCodes.ProxyNotFound, $"the proxy VM '{configured}' is not in this inventory, or the user may not see it")),
            [var proxy] => (proxy, null),
            _ => (null, new TransportReason(
                TransportCodes.ProxyAmbiguous,
                $"{found.Count} VMs answer to '{configured}': configure the instance uuid or the moid ({string.Join(", ", found.Select(vm => vm.Id.Value))})")),
        };
    }

    static bool Answers(VirtualMachine vm, string configured) =>
        vm.Name == configured
        || vm.Id.Value == configured
        || string.Equals(vm.InstanceUuid, configured, StringComparison.OrdinalIgnoreCase);
}
