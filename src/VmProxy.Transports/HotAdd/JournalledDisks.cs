using Microsoft.Extensions.Logging;
using VmProxy.Vsphere;

namespace VmProxy.Transports.HotAdd;

/// <summary>
/// Attaches disks to one proxy VM and detaches them, each change journalled before it is made. What is not known to be undone keeps an open
/// entry.
/// </summary>
sealed class JournalledDisks(IProxyDisks disks, VirtualMachine proxy, IChangeJournal journal, ChangeLimit limit, ILogger logger)
{
    public async Task<Attachment> AttachAsync(SnapshotDiskRequest request, CancellationToken cancellationToken)
    {
        var intent = new AttachIntent(request.Vm, proxy.Id, request.Snapshot, request.Disk.FileName);
        var entry = await journal.PlanAttachAsync(intent, cancellationToken).ConfigureAwait(false);
        var disk = await AttachInTurnAsync(request, entry, cancellationToken).ConfigureAwait(false);
        await RecordAsync(request, entry, disk.Key).ConfigureAwait(false);
        return new Attachment(entry, disk);
    }

    /// <summary>Returns once the disk is gone from the VM and the entry is closed.</summary>
    /// <exception cref="TransportException">It could not be detached: the entry stays open.</exception>
    public async Task DetachAsync(SnapshotDiskRequest request, Attachment attached)
    {
        try
        {
            await DetachAsync(request, attached.Disk.Key).ConfigureAwait(false);
            await journal.DetachedAsync(attached.JournalEntry, CancellationToken.None).ConfigureAwait(false);
        }
        catch (VsphereException exception)
        {
            throw new TransportException(
                TransportCodes.DetachFailed,
                request.DisplayName,
                $"detaching it from {proxy.Name}",
                exception.Reason,
                "It stays attached until 'vmproxy janitor' detaches it; its snapshot must not be removed before.",
                exception);
        }
    }

    /// <summary>A disk whose attach cannot be recorded is not kept; the entry stays open, for the journal cannot be trusted now.</summary>
    async Task RecordAsync(SnapshotDiskRequest request, long entry, int key)
    {
        try
        {
            await journal.AttachedAsync(entry, key, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            await DetachAsync(request, key).ConfigureAwait(false);
            throw;
        }
    }

    async Task<AttachedDisk> AttachInTurnAsync(SnapshotDiskRequest request, long entry, CancellationToken cancellationToken)
    {
        var turn = await TakeTurnAsync(entry, cancellationToken).ConfigureAwait(false);
        await using (turn.ConfigureAwait(false))
        {
            try
            {
                return await limit.RunAsync(token => turn.AttachAsync(request, token), cancellationToken).ConfigureAwait(false);
            }
            catch (VsphereException exception)
            {
                if (await IsSurelyNotAttachedAsync(request, exception).ConfigureAwait(false))
                {
                    await journal.DetachedAsync(entry, CancellationToken.None).ConfigureAwait(false);
                }

                throw new TransportException(
                    exception.Code == VsphereErrorCodes.NoFreeUnit ? TransportCodes.NoFreeSlot : TransportCodes.AttachFailed,
                    request.DisplayName, $"attaching it to {proxy.Name}", exception.Reason, exception.Next, exception);
            }
        }
    }

    /// <summary>Others may change the proxy VM for long. A wait that ends without a turn has changed nothing.</summary>
    async Task<IProxyTurn> TakeTurnAsync(long entry, CancellationToken cancellationToken)
    {
        try
        {
            return await disks.TakeTurnAsync(proxy.Id, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await journal.DetachedAsync(entry, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    async Task DetachAsync(SnapshotDiskRequest request, int key)
    {
        // Whoever holds the turn may hang, and the snapshot must not stand until then.
        var turn = await limit.RunAsync(token => disks.TakeTurnAsync(proxy.Id, token), CancellationToken.None).ConfigureAwait(false);
        await using (turn.ConfigureAwait(false))
        {
            await limit.RunAsync(
                async token =>
                {
                    await turn.DetachAsync(key, request.Disk.FileName, token).ConfigureAwait(false);
                    return true;
                },
                CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// A refusal before any change leaves nothing behind, and what is attached then is another's. Where the attach may still happen, nothing
    /// is sure. For the rest, what vCenter shows decides.
    /// </summary>
    async Task<bool> IsSurelyNotAttachedAsync(SnapshotDiskRequest request, VsphereException failure)
    {
        switch (failure.Code)
        {
            case VsphereErrorCodes.DiskUnsupported or VsphereErrorCodes.DiskAlreadyAttached or VsphereErrorCodes.NoFreeUnit:
                return true;
            case VsphereErrorCodes.OutcomeUnknown or VsphereErrorCodes.Timeout or VsphereErrorCodes.SessionLost or VsphereErrorCodes.Unreachable:
                return false;
        }

        try
        {
            return !await limit.RunAsync(token => disks.IsAttachedAsync(proxy.Id, request.Disk.FileName, token), CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (VsphereException exception)
        {
            logger.LogWarning(exception, "{Disk}: whether it is attached could not be read; its journal entry stays open", request.DisplayName);
            return false;
        }
    }
}

/// <summary>A disk that was attached.</summary>
/// <param name="JournalEntry">Its entry in the journal.</param>
/// <param name="Disk">Its place on the proxy VM.</param>
readonly record struct Attachment(long JournalEntry, AttachedDisk Disk);
