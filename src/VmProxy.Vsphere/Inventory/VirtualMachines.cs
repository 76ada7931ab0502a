namespace VmProxy.Vsphere;

/// <summary>Fresh facts about single VMs.</summary>
public sealed class VirtualMachines
{
    readonly VcenterCaller _caller;
    readonly PropertyReader _properties;

    internal VirtualMachines(VcenterCaller caller, PropertyReader properties)
    {
        _caller = caller;
        _properties = properties;
    }

    /// <summary>Reads one VM in one call. Datacenter and folder are left out: the inventory has them.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.ObjectGone"/>: the VM does not exist.</exception>
    public async Task<VirtualMachine> ReadAsync(ObjectId vm, CancellationToken cancellationToken)
        => VirtualMachineMapper.Map(await _properties.ReadAsync(vm, VirtualMachineMapper.Paths, cancellationToken).ConfigureAwait(false));

    /// <summary>Finds a VM by the uuid that vCenter keeps unique; null when there is none.</summary>
    public async Task<ObjectId?> FindByInstanceUuidAsync(string instanceUuid, CancellationToken cancellationToken)
        => _caller.Content.SearchIndex is { } index
            ? (await _caller.ReadAsync(
                instanceUuid,
                "finding a VM",
                (client, token) => client.FindByUuidAsync(index, null, instanceUuid, true, true, token),
                cancellationToken).ConfigureAwait(false))?.ToId()
            : null;

    /// <summary>Makes the server look at the VM's files again, so that sizes and lists are of now (requirement 10).</summary>
    public Task RefreshStorageAsync(ObjectId vm, CancellationToken cancellationToken)
        => _caller.ReadAsync(
            vm.ToString(),
            "refreshing storage facts",
            (client, token) => client.RefreshStorageInfoAsync(vm.ToReference(), token),
            cancellationToken);
}
