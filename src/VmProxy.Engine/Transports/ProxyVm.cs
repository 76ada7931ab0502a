using VmProxy.Vsphere;

namespace VmProxy.Engine.Transports;

/// <summary>The VM in which this program runs.</summary>
static class ProxyVm
{
    /// <summary>Finds it by name, instance UUID or managed object id; null when none is configured or the inventory does not hold exactly one.</summary>
    public static VirtualMachine? Find(Inventory inventory, string? configured)
    {
        var found = inventory.VirtualMachines
            .Where(vm => configured is { Length: > 0 }
                && (vm.Name == configured || vm.Id.Value == configured || string.Equals(vm.InstanceUuid, configured, StringComparison.OrdinalIgnoreCase)))
            .Take(2)
            .ToArray();
        return found.Length == 1 ? found[0] : null;
    }
}
