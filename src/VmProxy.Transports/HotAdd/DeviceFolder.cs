using System.Collections.Concurrent;
using VmProxy.Blocks;

namespace VmProxy.Transports.HotAdd;

/// <summary>The folder in which the operating system names disks by their identity, and waiting for names to come and go.</summary>
sealed class DeviceFolder(HotAddOptions options, TimeProvider timeProvider)
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    readonly ConcurrentDictionary<string, bool> _claimed = new();

    /// <summary>Whether a device can be told from others by this uuid.</summary>
    public static bool IsUuid(string? uuid) => Guid.TryParseExact(Digits(uuid), "N", out _);

    /// <summary>
    /// A VMware disk's WWN is its uuid. Matching by it, never by "the newest sdX", cannot find another VM's disk; the capacity is
    /// compared afterwards all the same.
    /// </summary>
    public string PathOf(string uuid) => Path.Combine(options.DeviceFolder, "wwn-0x" + Digits(uuid));

    /// <summary>Takes the name for one disk; false when another disk with the same uuid has it.</summary>
    public bool TryClaim(string path) => _claimed.TryAdd(path, true);

    public void Release(string path) => _claimed.TryRemove(path, out _);

    /// <summary>Waits until the name is gone; false when it stays.</summary>
    public async Task<bool> WaitUntilGoneAsync(string path, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (Path.Exists(path))
        {
            if (timeProvider.GetElapsedTime(started) >= options.DeviceTimeout)
            {
                return false;
            }

            await Task.Delay(Interval, timeProvider, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Waits for the device and opens it read-only; null when it does not appear in time.</summary>
    /// <exception cref="BlockDeviceException">It is there and cannot be opened.</exception>
    public async Task<FileBlockDevice?> WaitAndOpenAsync(string path, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            if (await TryOpenAsync(path, cancellationToken).ConfigureAwait(false) is { } device)
            {
                return device;
            }

            if (timeProvider.GetElapsedTime(started) >= options.DeviceTimeout)
            {
                return null;
            }

            await Task.Delay(Interval, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The name may come before the device is ready.</summary>
    async Task<FileBlockDevice?> TryOpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await FileBlockDevice.OpenAsync(path, FileCaching.Automatic, options.MaxInFlight, cancellationToken).ConfigureAwait(false);
        }
        catch (BlockDeviceException exception) when (exception.Code == BlockErrorCodes.NotFound)
        {
            return null;
        }
    }

    public static string Digits(string? uuid) =>
        (uuid ?? "").Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
}
