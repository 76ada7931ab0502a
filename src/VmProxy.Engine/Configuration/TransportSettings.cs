using System.ComponentModel.DataAnnotations;
using VmProxy.Engine.Configuration.Binding;

namespace VmProxy.Engine.Configuration;

/// <summary>How disks are read.</summary>
public sealed class TransportSettings
{
    /// <summary>The transports that there are.</summary>
    public static IReadOnlyList<string> Names { get; } = ["hotadd"];

    /// <summary>Transports in the order in which each disk tries them.</summary>
    [AllowedValues("hotadd")]
    public IReadOnlyList<string> Order { get; init; } = ["hotadd"];

    /// <summary>Whether an explicit choice (<c>--transport</c>) may be replaced by another transport when it cannot read a disk.</summary>
    public bool AllowFallback { get; init; }

    /// <summary>Attaching a disk to the VM in which this program runs.</summary>
    public HotAddSettings HotAdd { get; init; } = new();

    /// <summary>Where ESXi hosts are reached on the backup network; others are reached by the name that the inventory gives them.</summary>
    public IReadOnlyList<HostAddressSettings> HostAddresses { get; init; } = [];
}

/// <summary>Where an ESXi host is reached on the backup network.</summary>
public sealed class HostAddressSettings
{
    /// <summary>The host's name as the inventory shows it; case does not matter.</summary>
    public required string Host { get; init; }

    /// <summary>IP address or DNS name to connect to instead.</summary>
    public required string Address { get; init; }
}

/// <summary>Attaching a disk to the VM in which this program runs.</summary>
public sealed class HotAddSettings
{
    /// <summary>Name, instance UUID or managed object reference of the VM in which this program runs; null when it runs elsewhere.</summary>
    public string? ProxyVm { get; init; }

    /// <summary>Where the operating system names disks by their identity.</summary>
    [FilePath]
    public string DeviceFolder { get; init; } = "/dev/disk/by-id";

    /// <summary>The root of the operating system that attached disks appear in, where its /etc and /sys are; in a container, where the host's is mounted.</summary>
    [FilePath]
    public string SystemRoot { get; init; } = "/";

    /// <summary>The most disks that are attached to the proxy VM at once, over all jobs and processes; its free units are a limit too.</summary>
    [Range(1, 240)]
    public int MaxDisks { get; init; } = 16;

    /// <summary>How long a disk may wait for a place on the proxy VM.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SlotTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long an attached disk may take to appear.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan DeviceTimeout { get; init; } = TimeSpan.FromMinutes(1);
}
