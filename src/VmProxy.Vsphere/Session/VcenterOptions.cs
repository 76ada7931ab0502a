namespace VmProxy.Vsphere;

/// <summary>How to reach one vCenter or single host.</summary>
public sealed record VcenterOptions
{
    /// <summary>The name that messages and logs use.</summary>
    public required string Name { get; init; }

    /// <summary>Address, for example <c>https://vcenter.example.com</c>; the path <c>/sdk</c> is added when there is none.</summary>
    public required Uri Url { get; init; }

    /// <summary>User name.</summary>
    public required string User { get; init; }

    /// <summary>Password. Held in memory for re-login; never logged.</summary>
    public required string Password { get; init; }

    /// <summary>SHA-256 or SHA-1 of the server's certificate in hex, colons allowed. When set, it alone decides.</summary>
    public string? Thumbprint { get; init; }

    /// <summary>PEM file of the authorities that may have signed the server's certificate, in place of the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>The longest that one call may take, an attempt each.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Time between signs of life; a vCenter ends a session after 30 idle minutes by default.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The dialect that is asked for; a modest one keeps newer types away (vim25 facts, wire rules).</summary>
    public string ApiVersion { get; init; } = "6.7";

    /// <summary>Objects in one page of the property collector.</summary>
    public int PageSize { get; init; } = 250;

    /// <summary>How often a read is tried in all when the connection fails.</summary>
    public int ReadAttempts { get; init; } = 4;

    /// <summary>First wait between attempts; doubles each time.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest that a busy object (locked file, task in progress) is waited for, all attempts together.</summary>
    public TimeSpan BusyLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest that a task may take before it is canceled.</summary>
    public TimeSpan TaskTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How changes of a proxy VM take turns with other connections and processes; null when only this connection makes any.</summary>
    public IProxyTurns? ProxyTurns { get; init; }

    /// <summary>The options without their password.</summary>
    public override string ToString() => $"{Name} ({User} at {Url})";
}
