namespace VmProxy.Transports;

/// <summary>An expected failure of a transport. It names the disk, the step and what to do next.</summary>
public sealed class TransportException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">One of <see cref="TransportCodes"/>.</param>
    /// <param name="object">The disk or VM.</param>
    /// <param name="step">What was being done, as a noun phrase: "attaching the disk".</param>
    /// <param name="reason">What went wrong.</param>
    /// <param name="next">What the administrator can do about it.</param>
    /// <param name="innerException">The cause.</param>
    public TransportException(string code, string @object, string step, string reason, string next, Exception? innerException = null)
        : base($"{@object}: {step} failed: {reason} {next}".TrimEnd(), innerException)
    {
        Code = code;
        Object = @object;
        Step = step;
        Reason = reason;
        Next = next;
    }

    /// <summary>A stable code, one of <see cref="TransportCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The disk or VM.</summary>
    public string Object { get; }

    /// <summary>What was being done.</summary>
    public string Step { get; }

    /// <summary>What went wrong, without object, step and advice.</summary>
    public string Reason { get; }

    /// <summary>What the administrator can do about it.</summary>
    public string Next { get; }
}
