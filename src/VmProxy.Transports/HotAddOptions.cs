namespace VmProxy.Transports;

/// <summary>The configuration of hot-add (Transports:HotAdd).</summary>
public sealed record HotAddOptions
{
    /// <summary>The VM that this program runs in: name, instance uuid or moid. Null when it runs in none.</summary>
    public string? ProxyVm { get; init; }

    /// <summary>Where the operating system names disks by their identity.</summary>
    public string DeviceFolder { get; init; } = "/dev/disk/by-id";

    /// <summary>How long an attached disk may take to appear, and a detached one to vanish.</summary>
    public TimeSpan DeviceTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long an attach or a detach may take in vCenter before it is given up, and left to the janitor.</summary>
    public TimeSpan ChangeTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an attach may still take once the caller has cancelled.</summary>
    public TimeSpan CancelGrace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many reads of a disk are in flight at once.</summary>
    public int MaxInFlight { get; init; } = 16;
}
