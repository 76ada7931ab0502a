namespace VmProxy.Repository;

/// <summary>How much a check reads. The structure is always checked whole: every object but the frames of the packs.</summary>
public sealed record CheckOptions
{
    /// <summary>Reads every byte of the packs, those first that were not read for the longest time.</summary>
    public bool ReadData { get; init; }

    /// <summary>Reads this part of the packs' bytes, in percent above 0 to 100: repeated checks cover all. Null sets no such limit.</summary>
    public double? ReadDataSubset { get; init; }

    /// <summary>Begins no further pack once this time has passed since the check began. Null sets no such limit.</summary>
    public TimeSpan? TimeBudget { get; init; }

    internal bool ReadsPacks => ReadData || ReadDataSubset is not null || TimeBudget is not null;
}
