namespace VmProxy.Transports;

/// <summary>Something of the proxy's operating system that does not leave attached disks alone.</summary>
/// <param name="Code">One of <see cref="TransportCodes"/>.</param>
/// <param name="Text">What is wrong, for people.</param>
/// <param name="File">The file to change; empty when it is not a file.</param>
/// <param name="Lines">What to add there, exactly.</param>
public sealed record PreflightFinding(string Code, string Text, string File, IReadOnlyList<string> Lines);
