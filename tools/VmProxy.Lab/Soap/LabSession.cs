using VmProxy.Lab.Properties;

namespace VmProxy.Lab.Soap;

/// <summary>A logged-in client with everything that dies with its session: views, collectors and their filters, unread pages.</summary>
internal sealed class LabSession(string key, string token, string user, DateTimeOffset login, string defaultCollector)
{
    /// <summary>The public identity, as UserSession.key.</summary>
    public string Key => key;

    /// <summary>The secret in the cookie.</summary>
    public string Token => token;

    public string User => user;

    public DateTimeOffset Login { get; } = login;

    public DateTimeOffset LastActive { get; set; } = login;

    public long Calls { get; set; }

    /// <summary>Cancelled when the session ends, so that calls that wait stop waiting.</summary>
    public CancellationToken Ended => Ending.Token;

    CancellationTokenSource Ending { get; } = new();

    public Dictionary<string, ContainerViewObject> Views { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, UpdateCollector> Collectors { get; } = new(StringComparer.Ordinal) { [defaultCollector] = new(defaultCollector) };

    public Dictionary<string, PendingPages> Pages { get; } = new(StringComparer.Ordinal);

    /// <summary>An id for an object that belongs to the session.</summary>
    public string NewObjectId() => $"session[{key}]{Guid.NewGuid()}";

    public void End() => Ending.Cancel();
}
