namespace VmProxy.Repository.Maintenance;

/// <summary>Something that is to be deleted once the sessions that were at work after it was marked have ended.</summary>
internal sealed class Marker(RandomId id, string name)
{
    /// <summary>The point of a trash marker; else the list's own id.</summary>
    public RandomId Id => id;

    public string Name => name;

    public string WaitingName => name + ObjectNames.WaitingSuffix;

    /// <summary>What it condemns; null for a point in the trash.</summary>
    public CondemnedNote? Condemned { get; init; }

    /// <summary>The sessions that it waits for; null until somebody has listed them.</summary>
    public HashSet<string>? Waiting { get; set; }

    public bool IsClear(IReadOnlyDictionary<string, LiveSession> alive) => Waiting is { } waiting && !waiting.Overlaps(alive.Keys);
}

/// <summary>A writer at work.</summary>
internal sealed record LiveSession(string Id, string Owner, DateTimeOffset Started, DateTimeOffset LastSeen);
