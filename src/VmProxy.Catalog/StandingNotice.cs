namespace VmProxy.Catalog;

/// <summary>What still stands, and what somebody was told of it.</summary>
/// <param name="Kind">What kind of thing, such as <c>capacity</c>.</param>
/// <param name="Subject">The object that it is about.</param>
/// <param name="Level">How bad it is; higher is worse.</param>
/// <param name="Since">Since when it stands.</param>
/// <param name="ToldAt">When somebody was last told.</param>
public sealed record StandingNotice(string Kind, string Subject, int Level, DateTimeOffset Since, DateTimeOffset ToldAt);

/// <summary>What has become of something that stands, and whether somebody should be told.</summary>
public enum StandingChange
{
    /// <summary>Nothing that was not told.</summary>
    None,

    /// <summary>It began.</summary>
    Began,

    /// <summary>It got worse.</summary>
    Worsened,

    /// <summary>It has stood for a long time since it was last told.</summary>
    StillStands,

    /// <summary>It ended.</summary>
    Ended,
}
