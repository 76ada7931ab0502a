using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;

namespace VmProxy.Lab.Control;

/// <summary>Finding things by the names that people use.</summary>
internal static class LabLookups
{
    /// <summary>A VM's own disk by its number, from 0, or by its device key.</summary>
    public static LabDisk Disk(this LabState state, string vm, int disk)
    {
        lock (state.Inventory.Gate)
        {
            var own = state.Inventory.VmNamed(vm).Disks.FindAll(candidate => candidate is { Attached: null, Tree: not null });
            return own.Find(candidate => candidate.Key == disk) ?? (disk >= 0 && disk < own.Count ? own[disk] : null)
                ?? throw new KeyNotFoundException($"{vm} has no disk {disk}.");
        }
    }
}
