namespace VmProxy.GuestFiles;

/// <summary>What the log may still change.</summary>
/// <param name="IsClean">Whether it holds nothing that is not on the disk.</param>
/// <param name="Records">The MFT records that it may concern, or null when it cannot be told.</param>
sealed record NtfsLogState(bool IsClean, IReadOnlySet<long>? Records)
{
    public static NtfsLogState Clean { get; } = new(true, null);

    /// <summary>A warning for a file that it may concern, otherwise null.</summary>
    public GuestProblem? WarningFor(long record, string name) => Records is null || !Records.Contains(record) ? null
        : new GuestProblem(GuestFileErrorCodes.LogNotReplayed, name, $"The log holds a change of {name} (MFT record {record}) that may not be on the disk yet.") { IsWarning = true };
}
