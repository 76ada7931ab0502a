namespace VmProxy.Engine.Configuration;

/// <summary>Rules for the addresses of hosts on the backup network.</summary>
static class HostAddressRules
{
    /// <summary>Reports each value that cannot work: its key, the value, and what is allowed.</summary>
    public static void Check(IReadOnlyList<HostAddressSettings> addresses, Action<string, string?, string> report)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < addresses.Count; i++)
        {
            var key = $"VmProxy:Transports:HostAddresses:{i}";
            // What is missing has been reported by the binder.
            if (addresses[i].Host is { } host && !seen.Add(host))
            {
                report($"{key}:Host", host, "is there twice; each host has one address");
            }

            if (addresses[i].Address is { } address && Uri.CheckHostName(address) is UriHostNameType.Unknown or UriHostNameType.Basic)
            {
                report($"{key}:Address", address, "Allowed: an IP address or a DNS name, without scheme and port");
            }
        }
    }
}
