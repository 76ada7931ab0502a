using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Files;

/// <summary>What a restore of guest files did.</summary>
public sealed record FilesReport
{
    /// <summary>The restore point.</summary>
    public required string Point { get; init; }

    /// <summary>The VM that it is of.</summary>
    public required string VirtualMachine { get; init; }

    /// <summary>The folder or archive; "-" for standard output.</summary>
    public required string Target { get; init; }

    /// <summary>Files that were restored, each hard link counted.</summary>
    public long Files { get; init; }

    /// <summary>Directories that were restored.</summary>
    public long Directories { get; init; }

    /// <summary>Symbolic links that were restored.</summary>
    public long Links { get; init; }

    /// <summary>Bytes of the contents of all files.</summary>
    public long Bytes { get; init; }

    /// <summary>What was left out, and why: the first thousand.</summary>
    public IReadOnlyList<Failure> LeftOut { get; init; } = [];

    /// <summary>How many were left out.</summary>
    public long LeftOutCount { get; init; }

    /// <summary>What was restored and differs, or should be doubted: the first thousand.</summary>
    public IReadOnlyList<Failure> Warnings { get; init; } = [];

    /// <summary>How many warnings there are.</summary>
    public long WarningCount { get; init; }

    /// <summary>How it ended: nothing restored at all is a failure, something left out a warning.</summary>
    public Outcome Outcome =>
        LeftOutCount > 0 && Files + Directories + Links == 0 ? Outcome.Failed : LeftOutCount + WarningCount > 0 ? Outcome.Warning : Outcome.Done;
}
