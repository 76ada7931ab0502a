using System.ComponentModel.DataAnnotations;
using VmProxy.Engine.Configuration.Binding;

namespace VmProxy.Engine.Configuration;

/// <summary>How disks are read.</summary>
public sealed class TransportSettings
{
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

    /// <summary>How long an attached disk may take to appear.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan DeviceTimeout { get; init; } = TimeSpan.FromMinutes(1);
}
