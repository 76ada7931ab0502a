using VmProxy.Vim25;

namespace VmProxy.Lab.Soap;

/// <summary>A call under way.</summary>
/// <param name="Server">The lab.</param>
/// <param name="Session">Who calls; null before login.</param>
/// <param name="Http">For cookies.</param>
/// <param name="Cancellation">The client went away, or the lab stops.</param>
internal sealed record SoapCall(LabState Server, LabSession? Session, HttpContext Http, CancellationToken Cancellation)
{
    /// <summary>The session of a call that only logged-in clients can make.</summary>
    public LabSession Caller => Session ?? throw new InvalidOperationException("The call was let through without a session.");

    public string User => Caller.User;
}

/// <summary>Runs an operation and gives its result, null for none.</summary>
internal delegate ValueTask<object?> SoapHandler(SoapCall call, VimRequest request);
