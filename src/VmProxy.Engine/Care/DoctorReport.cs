namespace VmProxy.Engine.Care;

/// <summary>What <c>doctor</c> found.</summary>
/// <param name="Checks">One row a check, in the order in which a backup would meet them.</param>
public sealed record DoctorReport(IReadOnlyList<DoctorCheck> Checks)
{
    /// <summary>The worst finding.</summary>
    public DoctorStatus Status => Checks.Select(check => check.Status).DefaultIfEmpty().Max();
}

/// <summary>One check.</summary>
/// <param name="Subject">What was looked at.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Code">A stable code; empty when all is well.</param>
/// <param name="Message">What was found.</param>
/// <param name="Next">What to do; empty when nothing.</param>
public sealed record DoctorCheck(string Subject, DoctorStatus Status, string Code, string Message, string Next)
{
    /// <summary>Lines to add to the file that <see cref="Next"/> names, exactly as they must be there; empty when there are none.</summary>
    public IReadOnlyList<string> Lines { get; init; } = [];
}

/// <summary>How a check stands.</summary>
public enum DoctorStatus
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Backups run, but not as well or not all of them.</summary>
    Warning,

    /// <summary>Backups cannot run.</summary>
    Failed,
}
