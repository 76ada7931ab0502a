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

    /// <summary>Creates the transport for one vCenter or host.</summary>
    /// <param name="vcenter">The connection; it stays the caller's.</param>
    /// <param name="inventory">What it holds; the proxy VM is looked up in it.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="journal">Where every attach is written down before it is made.</param>
    /// <param name="timeProvider">The clock of time limits.</param>
    /// <param name="logger">Where failures go that are not the caller's.</param>
    public HotAddTransport(
        VcenterConnection vcenter, Inventory inventory, HotAddOptions options, IChangeJournal journal, TimeProvider timeProvider, ILogger logger)
        : this(new VcenterProxyDisks(vcenter), inventory, options, journal, timeProvider, logger)
    {
    }

    internal HotAddTransport(
        IProxyDisks disks, Inventory inventory, HotAddOptions options, IChangeJournal journal, TimeProvider timeProvider, ILogger logger)
    {
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
        return TransportVerdict.From(Name, _proxy is null ? [_problem!] : [.. HotAddJudge.Judge(vm, disk, _proxy, _inventory)]);
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
            return await OpenClaimedAsync(request, path, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _devices.Release(path);
            throw;
        }
    }

    async Task<OpenedDisk> OpenClaimedAsync(SnapshotDiskRequest request, string path, CancellationToken cancellationToken)
    {
        if (!await _devices.WaitUntilGoneAsync(path, cancellationToken).ConfigureAwait(false))
        {
            throw DeviceExists(request, path);
        }

        var attached = await _disks!.AttachAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            var device = await OpenDeviceAsync(request, path, cancellationToken).ConfigureAwait(false);
            return new OpenedDisk(device, Name, () => CloseAsync(request, attached, path));
        }
        catch (Exception exception)
        {
            await UndoAfterFailureAsync(request, attached, exception).ConfigureAwait(false);
            throw;
        }
    }

    async Task<FileBlockDevice> OpenDeviceAsync(SnapshotDiskRequest request, string path, CancellationToken cancellationToken)
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

        if (device.Length == request.Disk.CapacityBytes)
        {
            return device;
        }

        var length = device.Length;
        await device.DisposeAsync().ConfigureAwait(false);
        throw new TransportException(
            TransportCodes.DeviceWrongSize,
            request.DisplayName,
            "checking its device",
            $"'{path}' has {length} bytes, but the disk has {request.Disk.CapacityBytes}.",
            "It is another disk: check the devices of the proxy VM.");
    }

    async ValueTask CloseAsync(SnapshotDiskRequest request, Attachment attached, string path)
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
