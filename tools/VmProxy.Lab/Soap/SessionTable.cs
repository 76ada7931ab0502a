using System.Security.Cryptography;
using VmProxy.Lab.Model;

namespace VmProxy.Lab.Soap;

/// <summary>Who is logged in.</summary>
internal sealed class SessionTable(LabOptions options, MoIds ids)
{
    public const string CookieName = "vmware_soap_session";

    readonly Lock _gate = new();
    readonly Dictionary<string, LabSession> _byToken = new(StringComparer.Ordinal);

    public IReadOnlyList<LabSession> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _byToken.Values];
            }
        }
    }

    /// <summary>The live session of a cookie's value, which counts as activity; null when there is none or it idled too long.</summary>
    public LabSession? Find(string? cookie)
    {
        if (cookie?.Trim('"') is not { Length: > 0 } token)
        {
            return null;
        }

        lock (_gate)
        {
            if (!_byToken.TryGetValue(token, out var session))
            {
                return null;
            }

            var now = options.Clock.GetUtcNow();
            if (now - session.LastActive > options.SessionIdleTimeout)
            {
                _byToken.Remove(token);
                session.End();
                return null;
            }

            session.LastActive = now;
            session.Calls++;
            return session;
        }
    }

    public bool PasswordIsRight(string user, string password) =>
        string.Equals(user, options.User, StringComparison.OrdinalIgnoreCase) && password == options.Password;

    public LabSession Open(string user)
    {
        var session = new LabSession(
            $"52{Guid.NewGuid().ToString()[2..]}", RandomNumberGenerator.GetHexString(40, lowercase: true), user, options.Clock.GetUtcNow(), ids.PropertyCollector);
        lock (_gate)
        {
            _byToken.Add(session.Token, session);
        }

        return session;
    }

    public void Close(LabSession session)
    {
        lock (_gate)
        {
            if (_byToken.Remove(session.Token))
            {
                session.End();
            }
        }
    }

    public void CloseAll()
    {
        foreach (var session in All)
        {
            Close(session);
        }
    }
}
