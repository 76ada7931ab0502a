namespace VmProxy.Repository;

/// <summary>How to prune.</summary>
public sealed record PruneOptions
{
    /// <summary>
    /// How long condemned packs stay readable, and how old a pack must be to be condemned. Safety does not rest on it: a pack is deleted only when every backup
    /// that could refer to it has ended. With zero, what nobody waits for is deleted in the same run.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(24);

    /// <summary>A pack of whose content less than this share is used is rewritten; from 0 (never) to 1.</summary>
    public double RewriteBelow { get; init; } = 0.5;

    /// <summary>A backup that has shown no sign of life for this long is closed: it cannot be committed any more.</summary>
    public TimeSpan SessionLimit { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long another process waits before it takes over from a prune that died. It is renewed all the time.</summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Says what would be done and changes nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>With <see cref="DryRun"/>: ids of points that are reckoned as deleted, so that the report tells what deleting them would free.</summary>
    public IReadOnlyCollection<string> WithoutPoints { get; init; } = [];

    /// <summary>Who prunes, for others to read; null: this machine and process.</summary>
    public string? Owner { get; init; }
}
