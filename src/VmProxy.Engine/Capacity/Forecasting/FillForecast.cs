namespace VmProxy.Engine.Capacity;

/// <summary>Whether something fills up.</summary>
public enum FillVerdict
{
    /// <summary>Too few days are known to tell.</summary>
    TooFewSamples,

    /// <summary>No growth that stands out from its ups and downs, or none that fills it within <see cref="FillForecast.Horizon"/>.</summary>
    NotFilling,

    /// <summary>It grows, and will be full at <see cref="FillForecast.FullAt"/>.</summary>
    Filling,

    /// <summary>It is full already.</summary>
    Full,
}

/// <summary>When a datastore, or the disk of a repository, will be full.</summary>
public sealed record FillForecast
{
    /// <summary>What would be full later than this says no more than that it is not filling.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromDays(5 * 365);

    /// <summary>Whether it fills up.</summary>
    public required FillVerdict Verdict { get; init; }

    /// <summary>When it will be full, by the trend; null unless it is filling. Time of day means nothing.</summary>
    public DateTimeOffset? FullAt { get; init; }

    /// <summary>The earliest that its history allows, at 90 % confidence; null unless it is filling.</summary>
    public DateTimeOffset? Earliest { get; init; }

    /// <summary>The latest; null unless it is filling, and when that is beyond <see cref="Horizon"/>.</summary>
    public DateTimeOffset? Latest { get; init; }

    /// <summary>By how much it grows a day, negative when it empties; null with too few samples.</summary>
    public long? BytesPerDay { get; init; }

    /// <summary>Lower end of <see cref="BytesPerDay"/> at 90 % confidence.</summary>
    public long? BytesPerDayLow { get; init; }

    /// <summary>Upper end of <see cref="BytesPerDay"/> at 90 % confidence.</summary>
    public long? BytesPerDayHigh { get; init; }

    /// <summary>Days of history that it rests on.</summary>
    public int Days { get; init; }

    /// <summary>Jumps that came once and are no part of the trend, such as one large VM that was added.</summary>
    public IReadOnlyList<UsageStep> Steps { get; init; } = [];
}

/// <summary>A jump of what is used, from one day to the next.</summary>
/// <param name="Day">The day after it.</param>
/// <param name="Bytes">Bytes that came, or went where negative.</param>
public sealed record UsageStep(DateOnly Day, long Bytes);
