namespace VmProxy.Engine.Capacity;

/// <summary>Whether the files of datastores are searched for what nothing refers to. That makes hosts read every folder.</summary>
public enum FileSearch
{
    /// <summary>Not now; the last search is reported.</summary>
    Never,

    /// <summary>Those whose last search is a day old, and of these so few that a day of hourly samples gets through all.</summary>
    WhenDue,

    /// <summary>All of them, now.</summary>
    Now,
}
