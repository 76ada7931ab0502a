using VmProxy.Vsphere;

namespace VmProxy.Transports.HotAdd;

/// <summary>Finds the configured proxy VM in the inventory, or says why not.</summary>
static class ProxyVmFinder
{
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
