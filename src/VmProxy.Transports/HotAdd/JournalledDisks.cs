using Microsoft.Extensions.Logging;
using VmProxy.Vsphere;

namespace VmProxy.Transports.HotAdd;

/// <summary>
/// Attaches disks to one proxy VM and detaches them, each change journalled before it is made and one at a time. A change, once begun, is
/// seen to its end even when the caller cancels, so that it is known what was done.
/// </summary>
sealed class JournalledDisks(IProxyDisks disks, VirtualMachine proxy, IChangeJournal journal, ILogger logger) : IDisposable
{
    readonly SemaphoreSlim _reconfiguring = new(1, 1);

    public async Task<Attachment> AttachAsync(SnapshotDiskRequest request, CancellationToken cancellationToken)
    {
        await _reconfiguring.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var intent = new AttachIntent(request.Vm, proxy.Id, request.Snapshot, request.Disk.FileName);
            var entry = await journal.PlanAttachAsync(intent, cancellationToken).ConfigureAwait(false);
            try
            {
                var key = await disks.AttachAsync(proxy.Id, request, CancellationToken.None).ConfigureAwait(false);
                await journal.AttachedAsync(entry, key, CancellationToken.None).ConfigureAwait(false);
                return new Attachment(entry, key);
            }
            catch (VsphereException exception)
            {
                await CloseEntryIfNotAttachedAsync(request, entry, exception).ConfigureAwait(false);
                throw new TransportException(
                    TransportCodes.AttachFailed, request.DisplayName, $"attaching it to {proxy.Name}", exception.Reason, exception.Next, exception);
            }
        }
        finally
        {
            _reconfiguring.Release();
        }
    }

    /// <summary>Returns once the disk is gone from the VM and the entry is closed.</summary>
    /// <exception cref="TransportException">It could not be detached: the entry stays open.</exception>
    public async Task DetachAsync(SnapshotDiskRequest request, Attachment attached)
    {
        await _reconfiguring.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            await disks.DetachAsync(proxy.Id, attached.DeviceKey, request.Disk.FileName, CancellationToken.None).ConfigureAwait(false);
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
        finally
        {
            _reconfiguring.Release();
        }
    }

    public void Dispose() => _reconfiguring.Dispose();

    /// <summary>What vCenter shows decides; where the attach may still happen, the entry stays open.</summary>
    async Task CloseEntryIfNotAttachedAsync(SnapshotDiskRequest request, long entry, VsphereException failure)
    {
        if (failure.Code is VsphereErrorCodes.OutcomeUnknown or VsphereErrorCodes.Timeout or VsphereErrorCodes.SessionLost
            or VsphereErrorCodes.Unreachable)
        {
            return;
        }

        try
        {
            if (!await disks.IsAttachedAsync(proxy.Id, request.Disk.FileName, CancellationToken.None).ConfigureAwait(false))
            {
                await journal.DetachedAsync(entry, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (VsphereException exception)
        {
            logger.LogWarning(exception, "{Disk}: whether it is attached could not be read; its journal entry stays open", request.DisplayName);
        }
    }
}

/// <summary>A disk that was attached.</summary>
/// <param name="JournalEntry">Its entry in the journal.</param>
/// <param name="DeviceKey">Its device on the proxy VM.</param>
readonly record struct Attachment(long JournalEntry, int DeviceKey);
