namespace VmProxy.Vsphere;

/// <summary>An expected failure of vCenter or a host. It names the object, the step and what to do next; it never holds a secret.</summary>
public sealed class VsphereException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">One of <see cref="VsphereErrorCodes"/>.</param>
    /// <param name="object">The VM, disk, datastore or server that the step was about.</param>
    /// <param name="step">What was being done, as a noun phrase: "creating a snapshot".</param>
    /// <param name="reason">What went wrong.</param>
    /// <param name="next">What the administrator can do about it.</param>
    /// <param name="innerException">The cause.</param>
    public VsphereException(string code, string @object, string step, string reason, string next, Exception? innerException = null)
        : base($"{@object}: {step} failed: {reason} {next}".TrimEnd(), innerException)
    {
        Code = code;
        Object = @object;
        Step = step;
        Reason = reason;
        Next = next;
    }

    /// <summary>A stable code, one of <see cref="VsphereErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The VM, disk, datastore or server that the step was about.</summary>
    public string Object { get; }

    /// <summary>What was being done.</summary>
    public string Step { get; }

    /// <summary>What went wrong, without object, step and advice.</summary>
    public string Reason { get; }

    /// <summary>What the administrator can do about it.</summary>
    public string Next { get; }

    /// <summary>The name of the server's fault type, for example <c>NoDiskSpace</c>; null when the failure was not a fault.</summary>
    public string? FaultType { get; init; }
}
