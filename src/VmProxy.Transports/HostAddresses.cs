using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>
/// Where to reach ESXi hosts. The inventory's names often lead to the management network; the configuration can name an address on the backup
/// network for each. Whatever connects to a host asks here first; calls to vCenter itself do not.
/// </summary>
public sealed class HostAddresses
{
    readonly Dictionary<string, string> _addresses;

    /// <summary>Takes the configured addresses.</summary>
    /// <param name="addresses">Address by name of the host in the inventory; case does not matter.</param>
    public HostAddresses(IEnumerable<KeyValuePair<string, string>> addresses) => _addresses = new(addresses, StringComparer.OrdinalIgnoreCase);

    /// <summary>Where to connect to, and the name that the host's certificate is for.</summary>
    public HostEndpoint Of(Host host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return Of(host.Name);
    }

    /// <summary>The same for a host of which only the name is known, such as one in the URL of a lease.</summary>
    public HostEndpoint Of(string hostName)
    {
        ArgumentNullException.ThrowIfNull(hostName);
        return _addresses.TryGetValue(hostName, out var address) ? new HostEndpoint(address, hostName, true) : new HostEndpoint(hostName, hostName, false);
    }

    /// <summary>Puts the address in place of the host's name in a URL that a server gave; the rest stays.</summary>
    public Uri Of(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        var endpoint = Of(url.IdnHost);
        return endpoint.IsConfigured ? new UriBuilder(url) { Host = endpoint.Address }.Uri : url;
    }

    /// <summary>Configured names that are those of no host: mistyped, or of hosts that are gone.</summary>
    public IReadOnlyList<string> WithoutHost(IEnumerable<Host> hosts)
    {
        var known = hosts.Select(host => host.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. _addresses.Keys.Where(name => !known.Contains(name)).Order(StringComparer.OrdinalIgnoreCase)];
    }
}

/// <summary>Where a host is reached.</summary>
/// <param name="Address">IP address or DNS name to connect to.</param>
/// <param name="Name">The host's name in the inventory: what its certificate is for, and how messages call it.</param>
/// <param name="IsConfigured">Whether the configuration names the address.</param>
public sealed record HostEndpoint(string Address, string Name, bool IsConfigured);
