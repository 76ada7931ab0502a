using Microsoft.Extensions.Logging;
using VmProxy.Blocks;
using VmProxy.Transports.HotAdd;
using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>
/// Reads a snapshot's disk by attaching it, independent and non-persistent, to the VM that this program runs in. Cancelling ends the waiting for
/// a device at once; a change of the proxy VM that was begun may still end within <see cref="HotAddOptions.CancelGrace"/>, and is undone.
/// </summary>
public sealed class HotAddTransport : IDiskTransport
{
    /// <summary>The name of this transport.</summary>
    public const string TransportName = "hotadd";

    readonly Inventory _inventory;
    readonly HotAddOptions _options;
    readonly ILogger _logger;
    readonly DeviceFolder _devices;
    readonly VirtualMachine? _proxy;
    readonly TransportReason? _problem;
    readonly JournalledDisks? _disks;
    readonly ProxyMachine _machine;
    readonly IProxySlots? _slots;
    readonly TimeProvider _time;

    /// <summary>Creates the transport for one vCenter or host.</summary>
    /// <param name="vcenter">The connection; it stays the caller's.</param>
    /// <param name="inventory">What it holds; the proxy VM is looked up in it.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="journal">Where every attach is written down before it is made.</param>
    /// <param name="timeProvider">The clock of time limits.</param>
    /// <param name="logger">Where failures go that are not the caller's.</param>
    /// <param name="slots">The proxy VM's places that are shared with others; null when nobody else attaches disks to it.</param>
    public HotAddTransport(
        VcenterConnection vcenter, Inventory inventory, HotAddOptions options, IChangeJournal journal, TimeProvider timeProvider, ILogger logger,
        IProxySlots? slots = null)
        : this(new VcenterProxyDisks(vcenter), inventory, options, journal, timeProvider, logger, slots)
    {
    }

    internal HotAddTransport(
        IProxyDisks disks, Inventory inventory, HotAddOptions options, IChangeJournal journal, TimeProvider timeProvider, ILogger logger,
        IProxySlots? slots = null)
    {
        _slots = slots;
        _time = timeProvider;
        _machine = ProxyMachine.Read(options.SystemRoot);
        _inventory = inventory;
        _options = options;
        _logger = logger;
        _devices = new DeviceFolder(options, timeProvider);
        (_proxy, _problem) = ProxyVmFinder.Find(options.ProxyVm, inventory);
        _disks = _proxy is null ? null : new JournalledDisks(disks, _proxy, journal, new ChangeLimit(options, timeProvider), logger);
    }

    /// <inheritdoc/>
    public string Name => TransportName;

    /// <inheritdoc/>
    public TransportVerdict Judge(VirtualMachine vm, VirtualDisk disk)
    {
        ArgumentNullException.ThrowIfNull(vm);
        ArgumentNullException.ThrowIfNull(disk);
        return TransportVerdict.From(Name, _proxy is null ? [_problem!] : [.. HotAddJudge.Judge(vm, disk, _proxy, _machine, _inventory)]);
    }

    /// <inheritdoc/>
    public async Task<OpenedDisk> OpenAsync(SnapshotDiskRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Judge(request.Vm, request.Disk).Reasons.FirstOrDefault(reason => reason.Blocks) is { } reason)
        {
            throw new TransportException(
                reason.Code, request.DisplayName, "hot-add", $"{reason.Text}.", "Use another transport, or remove the reason.");
        }

        var path = _devices.PathOf(request.Disk.Uuid!);
        if (!_devices.TryClaim(path))
        {
            throw DeviceExists(request, path);
        }

        try
        {
            return await OpenInSlotAsync(request, path, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _devices.Release(path);
            throw;
        }
    }

    async Task<OpenedDisk> OpenInSlotAsync(SnapshotDiskRequest request, string path, CancellationToken cancellationToken)
    {
        var slot = await TakeSlotAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            return await OpenClaimedAsync(request, path, slot, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            if (slot is not null)
            {
                await slot.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    async Task<IAsyncDisposable?> TakeSlotAsync(SnapshotDiskRequest request, CancellationToken cancellationToken)
    {
        if (_slots is null)
        {
            return null;
        }

        var places = Math.Min(ProxyUnits.Of(_proxy!, _inventory).All, _options.MaxDisks);
        using var limit = new CancellationTokenSource(_options.SlotTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await _slots.TakeAsync(_proxy!.Id, places, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TransportException(
                TransportCodes.NoFreeSlot, request.DisplayName, $"waiting for a place on {_proxy!.Name}",
                $"all {places} were taken by other disks for {_options.SlotTimeout.TotalMinutes:0.#} minutes.",
                "Let fewer disks be read at once, or give the proxy VM more SCSI controllers (VmProxy:Transports:HotAdd:MaxDisks).");
        }
    }

    async Task<OpenedDisk> OpenClaimedAsync(SnapshotDiskRequest request, string path, IAsyncDisposable? slot, CancellationToken cancellationToken)
    {
        if (!await _devices.WaitUntilGoneAsync(path, cancellationToken).ConfigureAwait(false))
        {
            throw DeviceExists(request, path);
        }

        var attached = await _disks!.AttachAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            var device = await OpenDeviceAsync(request, attached.Disk, path, cancellationToken).ConfigureAwait(false);
            return new OpenedDisk(device, Name, () => CloseAsync(request, attached, path, slot));
        }
        catch (Exception exception)
        {
            await UndoAfterFailureAsync(request, attached, exception).ConfigureAwait(false);
            throw;
        }
    }

    async Task<FileBlockDevice> OpenDeviceAsync(SnapshotDiskRequest request, AttachedDisk attached, string path, CancellationToken cancellationToken)
    {
        FileBlockDevice? device;
        try
        {
            device = await _devices.WaitAndOpenAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (BlockDeviceException exception)
        {
            throw new TransportException(
                TransportCodes.DeviceNotReadable, request.DisplayName, "opening its device", exception.Message, "", exception);
        }

        if (device is null)
        {
            throw new TransportException(
                TransportCodes.DeviceNotFound,
                request.DisplayName,
                "waiting for its device",
                $"'{path}' did not appear within {_options.DeviceTimeout.TotalSeconds:0.#} seconds.",
                "Check that disk.EnableUUID is TRUE on the proxy VM and that its operating system sees new disks.");
        }

        var wrong = device.Length == request.Disk.CapacityBytes
            ? PlaceCheck.Judge(_options.SystemRoot, path, attached, request.Disk.Uuid!)
            : new TransportReason(TransportCodes.DeviceWrongSize, $"'{path}' has {device.Length} bytes, but the disk has {request.Disk.CapacityBytes}");
        if (wrong is null)
        {
            return device;
        }

        await device.DisposeAsync().ConfigureAwait(false);
        throw new TransportException(
            wrong.Code, request.DisplayName, "checking its device", $"{wrong.Text}.", "It is another disk: check the devices of the proxy VM.");
    }

    async ValueTask CloseAsync(SnapshotDiskRequest request, Attachment attached, string path, IAsyncDisposable? slot)
    {
        try
        {
            await _disks!.DetachAsync(request, attached).ConfigureAwait(false);
            if (!await _devices.WaitUntilGoneAsync(path, CancellationToken.None).ConfigureAwait(false))
            {
                _logger.LogWarning(
                    "{Disk}: detached from {Proxy}, but its device {Path} is still there: something on the proxy may hold it open",
                    request.DisplayName, _proxy!.Name, path);
            }
        }
        finally
        {
            _devices.Release(path);
            if (slot is not null)
            {
                await slot.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>The first failure is the one to tell; a failed detach is logged, and the journal keeps it.</summary>
    async Task UndoAfterFailureAsync(SnapshotDiskRequest request, Attachment attached, Exception failure)
    {
        try
        {
            await _disks!.DetachAsync(request, attached).ConfigureAwait(false);
        }
        catch (TransportException exception)
        {
            _logger.LogError(exception, "{Disk}: could not be detached after '{Failure}'", request.DisplayName, failure.Message);
        }
    }

    TransportException DeviceExists(SnapshotDiskRequest request, string path) => new(
        TransportCodes.DeviceExists,
        request.DisplayName,
        "hot-add",
        $"a device '{path}' is there already.",
        $"Another snapshot of the disk, or a copy with the same uuid, is attached to {_proxy!.Name}: wait for its backup, or run 'vmproxy janitor'.");
}
