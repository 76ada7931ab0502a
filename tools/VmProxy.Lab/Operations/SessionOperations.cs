using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>Service content, time, and who is logged in.</summary>
internal static class SessionOperations
{
    public static void Register(OperationTable table)
    {
        table.Add<RetrieveServiceContentRequest>("ServiceInstance", (call, _) => call.Server.Content, anonymous: true);
        table.Add<CurrentTimeRequest>("ServiceInstance", (call, _) => call.Server.Options.Clock.GetUtcNow());
        table.Add<LoginRequest>("SessionManager", Login, anonymous: true);
        table.Add<LogoutRequest>("SessionManager", Logout);
        table.Add<SessionIsActiveRequest>("SessionManager", SessionIsActive);
        table.Add<TerminateSessionRequest>("SessionManager", Terminate);
    }

    static object? Login(SoapCall call, LoginRequest request)
    {
        var sessions = call.Server.Sessions;
        if (call.Session is not null || !sessions.PasswordIsRight(request.UserName, request.Password))
        {
            throw new LabFault("InvalidLogin", "Cannot complete login due to an incorrect user name or password.");
        }

        var session = sessions.Open(request.UserName);
        call.Http.Response.Headers.SetCookie = $"{SessionTable.CookieName}=\"{session.Token}\"; Path=/; HttpOnly; Secure; ";
        return SessionManagerObject.Describe(session);
    }

    static object? Logout(SoapCall call, LogoutRequest request)
    {
        call.Server.Sessions.Close(call.Caller);
        return null;
    }

    static object? SessionIsActive(SoapCall call, SessionIsActiveRequest request) => call.Server.Options.HostOnly
        ? throw new LabFault("NotImplemented", "The requested operation is not implemented by the server.")
        : call.Server.Sessions.All.Any(session => session.Key == request.SessionID && session.User == request.UserName);

    static object? Terminate(SoapCall call, TerminateSessionRequest request)
    {
        foreach (var id in request.SessionId)
        {
            var session = call.Server.Sessions.All.FirstOrDefault(session => session.Key == id && session != call.Session)
                ?? throw new LabFault("NotFound", "The object or item referred to could not be found.");
            call.Server.Sessions.Close(session);
        }

        return null;
    }
}
