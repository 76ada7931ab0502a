using VmProxy.Engine.Configuration;

namespace VmProxy.Engine.Backup;

/// <summary>What to back up now.</summary>
public sealed record BackupRequest
{
    /// <summary>The job; null for the only one of the configuration.</summary>
    public string? Job { get; init; }

    /// <summary>VMs by exact name; empty for those that the job selects.</summary>
    public IReadOnlyList<string> VirtualMachines { get; init; } = [];

    /// <summary>Of the VMs that the job selects, only those with these instance UUIDs; null for all of them.</summary>
    public IReadOnlyCollection<string>? Only { get; init; }

    /// <summary>A VM that has not begun by then is not done; null is never.</summary>
    public DateTimeOffset? BeginUntil { get; init; }

    /// <summary>How much to read; null for the job's level.</summary>
    public BackupLevel? Level { get; init; }

    /// <summary>The transports that may be used, in order; null for the configured ones.</summary>
    public IReadOnlyList<string>? Transports { get; init; }
}
