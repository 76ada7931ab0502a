using VmProxy.Engine.Configuration;

namespace VmProxy.Engine.Capacity;

/// <summary>How a datastore's free space stands against the thresholds of the configuration (<c>VmProxy:Guard</c>).</summary>
public enum CapacityLevel
{
    /// <summary>More is free than <c>FreeWarningPercent</c>.</summary>
    Fine,

    /// <summary>No more is free than <c>FreeWarningPercent</c>.</summary>
    Warning,

    /// <summary>No more is free than <c>FreeCriticalPercent</c>.</summary>
    Critical,
}

/// <summary>Judges free space by the thresholds.</summary>
public static class CapacityLevels
{
    /// <summary>The level of this much free space. A datastore of no size at all says nothing, and is fine.</summary>
    public static CapacityLevel Of(long freeBytes, long capacityBytes, GuardSettings guard)
    {
        ArgumentNullException.ThrowIfNull(guard);
        var percent = capacityBytes <= 0 ? 100 : 100.0 * freeBytes / capacityBytes;
        return percent <= guard.FreeCriticalPercent ? CapacityLevel.Critical : percent <= guard.FreeWarningPercent ? CapacityLevel.Warning : CapacityLevel.Fine;
    }
}
