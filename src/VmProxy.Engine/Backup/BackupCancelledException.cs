namespace VmProxy.Engine.Backup;

/// <summary>The run was cancelled in the middle. What it had begun was undone; what it had finished is there, and is in the report.</summary>
public sealed class BackupCancelledException : OperationCanceledException
{
    internal BackupCancelledException(BackupReport report, CancellationToken cancellationToken)
        : base(report.Error!.Message, cancellationToken) => Report = report;

    /// <summary>What had been done until then.</summary>
    public BackupReport Report { get; }
}
