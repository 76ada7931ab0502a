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

    /// <summary>The root of the proxy's operating system as it is seen from here: where its /sys and /etc are.</summary>
    public string SystemRoot { get; init; } = "/";

    /// <summary>The most disks that are attached to the proxy VM at once, over all jobs; its free units are a limit too.</summary>
    public int MaxDisks { get; init; } = 16;

    /// <summary>How long a disk may wait for a free place on the proxy VM.</summary>
    public TimeSpan SlotTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How many reads of a disk are in flight at once.</summary>
    public int MaxInFlight { get; init; } = 16;
}
