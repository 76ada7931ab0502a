using System.ComponentModel.DataAnnotations;
using VmProxy.Engine.Configuration.Binding;

namespace VmProxy.Engine.Configuration;

/// <summary>A vCenter, or a single host without one.</summary>
public sealed class VcenterSettings
{
    /// <summary>The name that jobs, messages and reports use.</summary>
    public required string Name { get; init; }

    /// <summary>Address, https only; the path <c>/sdk</c> is added when there is none.</summary>
    public required Uri Url { get; init; }

    /// <summary>User name.</summary>
    public required string User { get; init; }

    /// <summary>Password.</summary>
    public required Secret Password { get; init; }

    /// <summary>SHA-256 or SHA-1 of the server's certificate in hex, colons allowed; for a certificate that no authority signed.</summary>
    public string? Thumbprint { get; init; }

    /// <summary>PEM file of the authorities that may have signed the server's certificate; null trusts the system's.</summary>
    [FilePath]
    public string? CaFile { get; init; }

    /// <summary>The longest that one call may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Time between signs of life; vCenter ends a session after 30 idle minutes by default.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:25:00")]
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Objects in one page of an inventory.</summary>
    [Range(1, 10_000)]
    public int PageSize { get; init; } = 250;
}
