using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>Power, and refreshing what the server knows of a VM's files.</summary>
internal static class VirtualMachineOperations
{
    const string Vm = "VirtualMachine";

    public static void Register(OperationTable table)
    {
        table.Add<PowerOnVMRequest>(Vm, (call, request) => Power(call, request, "poweredOff", "poweredOn"), "VirtualMachine.Interact.PowerOn");
        table.Add<PowerOffVMRequest>(Vm, (call, request) => Power(call, request, "poweredOn", "poweredOff"), "VirtualMachine.Interact.PowerOff");
        table.Add<RefreshStorageInfoRequest>(Vm, Refresh);
        table.Add<RelocateVMRequest>(Vm, Relocate, "Resource.HotMigrate");
    }

    static object? Refresh(SoapCall call, RefreshStorageInfoRequest request)
    {
        var vm = call.VmOf(request);
        lock (call.Server.Inventory.Gate)
        {
            vm.Layout = vm.ConfigAvailable ? VmLayout.Of(call.Server, vm) : null;
        }

        return null;
    }

    static object? Relocate(SoapCall call, RelocateVMRequest request)
    {
        var (vm, spec, inventory) = (call.VmOf(request), request.Spec, call.Server.Inventory);
        var host = spec.Host is null ? null : inventory.Hosts.Find(host => host.Id == spec.Host.Value) ?? throw LabFault.InvalidArgument("spec.host");
        var datastore = spec.Datastore is null
            ? null
            : inventory.Datastores.Find(datastore => datastore.Id == spec.Datastore.Value) ?? throw LabFault.InvalidArgument("spec.datastore");
        return TaskOperations.Start(call, request, vm, async cancellation =>
        {
            await call.Server.Relocations.RelocateAsync(vm, host, datastore, cancellation);
            return null;
        });
    }

    static ManagedObjectReference Power(SoapCall call, VimRequest request, string from, string to)
    {
        var vm = call.VmOf(request);
        return TaskOperations.Start(call, request, vm, () =>
        {
            if (vm.Template)
            {
                throw LabFault.NotSupported("A template cannot be powered on.");
            }

            if (vm.PowerState != from)
            {
                throw new LabFault(
                    "InvalidPowerState",
                    "The attempted operation cannot be performed in the current state.",
                    ("requestedState", to),
                    ("existingState", vm.PowerState));
            }

            lock (call.Server.Inventory.Gate)
            {
                vm.PowerState = to;
                vm.BeginChangeTracking();
                vm.Touch(call.Server.Options.Clock.GetUtcNow());
            }

            return null;
        });
    }
}
