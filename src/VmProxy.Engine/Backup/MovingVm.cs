using Microsoft.Extensions.Logging;
using VmProxy.Blocks;
using VmProxy.Engine.Failures;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>
/// A VM that may be migrated while it is read (vSphere requirement 17). Host and files are written down before and compared after; what was read at a
/// place that the VM has left is read again through the snapshot's present one, a few times at most.
/// </summary>
/// <param name="context">What the VMs of the run share.</param>
/// <param name="vm">The VM.</param>
/// <param name="notes">Receives each migration.</param>
sealed class MovingVm(BackupContext context, VirtualMachine vm, ICollection<Failure> notes)
{
    /// <summary>How often the VM is read at most.</summary>
    public const int Attempts = 3;

    VmSnapshots Snapshots => context.Vcenter.Connection.Snapshots;

    /// <summary>Reads the VM through a snapshot; again when it failed because the VM was migrated meanwhile.</summary>
    public async Task<T> ReadAsync<T>(ObjectId snapshot, Func<SnapshotState, Task<T>> read, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var state = await Snapshots.ReadDisksAsync(vm.Id, snapshot, cancellationToken).ConfigureAwait(false);
            try
            {
                return await read(state).ConfigureAwait(false);
            }
            catch (Exception exception) when (attempt < Attempts && CanBeOfAMove(exception))
            {
                if (await MigrationAsync(state, cancellationToken).ConfigureAwait(false) is not { } migration)
                {
                    throw;
                }

                Note($"{migration}. It is read again from where it is now, because of: {exception.Message}");
            }
        }
    }

    /// <summary>Takes down a change of hosts that did no harm: the files are the same ones, and they were read to their end.</summary>
    public void NoteHost(SnapshotState state, SnapshotCheck check)
    {
        if (HostChange(state, check) is { } change)
        {
            Note($"{change}. Its files stayed where they were, and were read without a break.");
        }
    }

    /// <summary>What the repository or the catalog refuse has nothing to do with where the VM is; a commit is never made twice.</summary>
    static bool CanBeOfAMove(Exception exception) => exception is TransportException or VsphereException or BlockDeviceException or EngineException;

    async Task<string?> MigrationAsync(SnapshotState state, CancellationToken cancellationToken)
    {
        try
        {
            var check = await Snapshots.CheckAsync(state, cancellationToken).ConfigureAwait(false);
            return check switch
            {
                { Code: SnapshotCheckCodes.Moved } => HostChange(state, check) is { } change ? $"{change}, and {check.Reason}" : Capital(check.Reason),
                { Holds: true } => HostChange(state, check),
                _ => null,
            };
        }
        catch (VsphereException unknown)
        {
            context.Log.LogWarning("{Vm}: whether it was migrated cannot be told: {Reason}", vm.Name, unknown.Message);
            return null;
        }
    }

    string? HostChange(SnapshotState state, SnapshotCheck check) => state.HostId is { } before && check.HostId is { } after && before != after
        ? $"The VM was migrated from host {HostName(before)} to {HostName(after)}"
        : null;

    string HostName(ObjectId id) => context.Inventory.Hosts.FirstOrDefault(host => host.Id == id)?.Name ?? id.Value;

    static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    void Note(string message)
    {
        var note = new Failure(ReasonCodes.Migrated, vm.Name, "read its disks", message, "");
        context.Log.LogInformation("{Note}", note);
        notes.Add(note);
    }
}
