namespace VmProxy.Vsphere;

/// <summary>Asks the server what changed on a disk since a change id, or what is allocated.</summary>
public sealed class ChangedAreaQueries
{
    const string Step = "asking for changed areas";
    const string Everything = "*";

    readonly VcenterCaller _caller;

    internal ChangedAreaQueries(VcenterCaller caller) => _caller = caller;

    /// <summary>Changes between <paramref name="changeId"/> and the snapshot.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="snapshot">The snapshot whose disk is asked about.</param>
    /// <param name="diskKey">Key of the disk in the snapshot.</param>
    /// <param name="capacityBytes">Size of the disk in the snapshot.</param>
    /// <param name="changeId">Change id of the earlier snapshot; judge it with <see cref="ChangeTrackingTrust"/> first.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The areas, or why the disk must be read in full. A fault about this disk is an answer, no exception (requirement 4).</returns>
    /// <exception cref="VsphereException">Connection, session, permission: what concerns more than this disk.</exception>
    public Task<ChangedAreas> QueryAsync(
        ObjectId vm, ObjectId snapshot, int diskKey, long capacityBytes, string changeId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(changeId);
        return changeId == Everything
            ? throw new ArgumentException("'*' asks for allocated areas, which are no changes.", nameof(changeId))
            : AskAsync(vm, snapshot, diskKey, capacityBytes, changeId, cancellationToken);
    }

    /// <summary>
    /// Areas that the server calls allocated. No more than a hint (requirement 5): outside them the disk may be skipped only where datastore and disk
    /// form are known to make the statement true.
    /// </summary>
    /// <param name="vm">The VM.</param>
    /// <param name="snapshot">The snapshot whose disk is asked about.</param>
    /// <param name="diskKey">Key of the disk in the snapshot.</param>
    /// <param name="capacityBytes">Size of the disk in the snapshot.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<ChangedAreas> QueryAllocatedHintAsync(
        ObjectId vm, ObjectId snapshot, int diskKey, long capacityBytes, CancellationToken cancellationToken)
        => AskAsync(vm, snapshot, diskKey, capacityBytes, Everything, cancellationToken);

    async Task<ChangedAreas> AskAsync(
        ObjectId vm, ObjectId snapshot, int diskKey, long capacityBytes, string changeId, CancellationToken cancellationToken)
    {
        var collector = new ChangedAreasCollector(capacityBytes);
        try
        {
            while (collector.Outcome is null)
            {
                var answer = await _caller.ReadAsync(
                    vm.ToString(),
                    Step,
                    (client, token) => client.QueryChangedDiskAreasAsync(
                        vm.ToReference(), snapshot.ToReference(), diskKey, collector.Covered, changeId, token),
                    cancellationToken).ConfigureAwait(false);
                collector.Add(answer.StartOffset, answer.Length, answer.ChangedArea.Select(area => new ByteRange(area.Start, area.Length)));
            }
        }
        catch (VsphereException exception) when (Refusal(exception) is { } code)
        {
            Log.ChangedAreasUnavailable(_caller.Logger, vm.ToString(), diskKey, code, exception.Reason);
            return new ChangedAreas.Unavailable(code, exception.Reason);
        }

        if (collector.Outcome is ChangedAreas.Unavailable unusable)
        {
            Log.ChangedAreasUnavailable(_caller.Logger, vm.ToString(), diskKey, unusable.Code, unusable.Reason);
        }

        return collector.Outcome;
    }

    static string? Refusal(VsphereException exception) => exception.FaultType switch
    {
        "FileFault" or "FileNotFound" or "CannotAccessFile" or "InvalidArgument" or "NotFound" or "SystemError" or "InvalidState" or "GenericVmConfigFault"
            => ChangeTrackingCodes.QueryRefused,
        "MethodNotFound" or "NotSupported" or "NotImplemented" => ChangeTrackingCodes.NotSupported,
        _ => null,
    };
}
