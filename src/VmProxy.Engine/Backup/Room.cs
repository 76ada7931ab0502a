using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>No snapshot where the datastore lacks room for it.</summary>
static class Room
{
    /// <summary>The least free space in bytes that the configuration asks for on a datastore of this size.</summary>
    public static long Floor(GuardSettings guard, long capacityBytes) =>
        Math.Max((long)(capacityBytes * guard.FreeSpacePercent / 100), guard.FreeSpace.Bytes);

    /// <summary>Refuses a snapshot when a datastore that would receive its deltas is below the floor, as vCenter sees it after a refresh.</summary>
    /// <exception cref="EngineException"><see cref="ReasonCodes.NoRoom"/>.</exception>
    public static async Task RequireAsync(
        VirtualMachine vm, GuardSettings guard, VcenterConnection connection, CancellationToken cancellationToken)
    {
        foreach (var id in vm.DatastoreIds)
        {
            await connection.Datastores.RefreshAsync(id, cancellationToken).ConfigureAwait(false);
            var datastore = await connection.Datastores.ReadAsync(id, cancellationToken).ConfigureAwait(false);
            var floor = Floor(guard, datastore.CapacityBytes);
            if (datastore.FreeBytes < floor)
            {
                throw new EngineException(
                    ReasonCodes.NoRoom,
                    $"{vm.Name} / datastore {datastore.Name}",
                    "check for room",
                    $"{Sizes.Text(datastore.FreeBytes)} of {Sizes.Text(datastore.CapacityBytes)} are free, and {Sizes.Text(floor)} are wanted before a snapshot.",
                    "Free space on the datastore, or lower VmProxy:Guard. No snapshot was made.");
            }
        }
    }
}
