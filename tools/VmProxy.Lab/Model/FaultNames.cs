namespace VmProxy.Lab.Model;

/// <summary>The faults that can be armed, by the first word of their names. README.md says what each does.</summary>
public static class FaultNames
{
    public const string FailTask = "fail-task";
    public const string FailTaskLate = "fail-task-late";
    public const string DelayTask = "delay-task";
    public const string HangTask = "hang-task";
    public const string LostTask = "lost-task";
    public const string Fault = "fault";
    public const string Delay = "delay";
    public const string Hang = "hang";
    public const string DropConnection = "drop-connection";
    public const string Http503 = "http-503";
    public const string ExpireSession = "expire-session";
    public const string QuiesceFails = "quiesce-fails";
    public const string QuiesceSkipped = "quiesce-skipped";
    public const string CbtFault = "cbt-fault";
    public const string CbtPartial = "cbt-partial";
    public const string CbtNoProgress = "cbt-no-progress";
    public const string CbtMissing = "cbt-missing";
    public const string CbtTruncated = "cbt-truncated";
    public const string CbtOverlapping = "cbt-overlapping";
    public const string CbtOutOfRange = "cbt-out-of-range";
    public const string CbtStaleEpoch = "cbt-stale-epoch";
    public const string CbtSwitchIgnored = "cbt-switch-ignored";
    public const string SlowAttach = "slow-attach";
    public const string DeviceNeverAppears = "device-never-appears";
    public const string DeviceWrongSize = "device-wrong-size";
    public const string FullDatastore = "full-datastore";
    public const string UnknownDeviceType = "unknown-device-type";
    public const string TruncateDownload = "truncate-download";

    public static IReadOnlyList<string> All { get; } =
    [
        FailTask, FailTaskLate, DelayTask, HangTask, LostTask, Fault, Delay, Hang, DropConnection, Http503, ExpireSession, QuiesceFails, QuiesceSkipped,
        CbtFault, CbtPartial, CbtNoProgress, CbtMissing, CbtTruncated, CbtOverlapping, CbtOutOfRange, CbtStaleEpoch, CbtSwitchIgnored,
        SlowAttach, DeviceNeverAppears, DeviceWrongSize, FullDatastore, UnknownDeviceType,
        TruncateDownload,
    ];
}
