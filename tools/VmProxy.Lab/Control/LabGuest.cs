using VmProxy.Lab.Guest;
using VmProxy.Lab.Soap;

namespace VmProxy.Lab.Control;

/// <summary>Guest activity. Disks are named by number, from 0, or by device key.</summary>
public sealed class LabGuest
{
    readonly LabState _state;

    internal LabGuest(LabState state) => _state = state;

    /// <summary>Writes bytes to a disk.</summary>
    public Task WriteAsync(string vm, int disk, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default) =>
        GuestActivity.WriteAsync(_state.Inventory.VmNamed(vm), _state.Disk(vm, disk), offset, data, cancellationToken);

    /// <summary>Writes pseudo-random bytes to a disk.</summary>
    public Task WriteRandomAsync(string vm, int disk, long offset, long length, int seed, CancellationToken cancellationToken = default) =>
        GuestActivity.WriteAsync(
            _state.Inventory.VmNamed(vm),
            _state.Disk(vm, disk),
            new LabDataOptions { Offset = offset, Length = length, Seed = seed },
            cancellationToken);

    /// <summary>
    /// Changes files on a disk that carries an ext4 file system, with debugfs commands one a line ("write FILE NAME", "rm NAME",
    /// "mkdir NAME"). Returns the bytes that the guest wrote.
    /// </summary>
    public Task<long> ChangeFilesAsync(string vm, int disk, string commands, CancellationToken cancellationToken = default) =>
        _state.Guest.ChangeFilesAsync(_state.Inventory.VmNamed(vm), _state.Disk(vm, disk), commands, cancellationToken);
}
