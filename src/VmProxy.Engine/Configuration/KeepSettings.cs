using System.ComponentModel.DataAnnotations;

namespace VmProxy.Engine.Configuration;

/// <summary>
/// Which points of each VM a prune keeps. The rules add up: a point that any of them wants is kept. A rule by the calendar keeps the newest point
/// of each of the last N hours, days, weeks, months or years that have one; times are the proxy's local time, weeks begin on Monday (ISO 8601).
/// </summary>
public sealed class KeepSettings
{
    /// <summary>The newest N points.</summary>
    [Range(0, 10000)]
    public int Last { get; init; }

    /// <summary>Hours.</summary>
    [Range(0, 10000)]
    public int Hourly { get; init; }

    /// <summary>Days.</summary>
    [Range(0, 10000)]
    public int Daily { get; init; }

    /// <summary>Weeks.</summary>
    [Range(0, 10000)]
    public int Weekly { get; init; }

    /// <summary>Months.</summary>
    [Range(0, 10000)]
    public int Monthly { get; init; }

    /// <summary>Years.</summary>
    [Range(0, 10000)]
    public int Yearly { get; init; }

    /// <summary>No rule at all: such a policy would keep next to nothing, and is never meant.</summary>
    public bool IsEmpty => Last + Hourly + Daily + Weekly + Monthly + Yearly == 0;
}
