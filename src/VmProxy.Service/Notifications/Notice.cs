using VmProxy.Engine.Configuration;

namespace VmProxy.Service.Notifications;

/// <summary>How much a notice matters.</summary>
enum NoticeSeverity
{
    /// <summary>To know.</summary>
    Information,

    /// <summary>Somebody should look.</summary>
    Warning,

    /// <summary>Something was not done, or is about to stop.</summary>
    Error,
}

/// <summary>What somebody is told.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Subject">The job, VM or datastore; empty for all of it.</param>
/// <param name="Title">In one line.</param>
/// <param name="Lines">The rest, for people.</param>
/// <param name="Time">When it was.</param>
sealed record Notice(NoticeKind Kind, NoticeSeverity Severity, string Subject, string Title, IReadOnlyList<string> Lines, DateTimeOffset Time)
{
    /// <summary>What programs may want to know, by name: codes, counts, names.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();
}
