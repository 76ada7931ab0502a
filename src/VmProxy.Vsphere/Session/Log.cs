using Microsoft.Extensions.Logging;

namespace VmProxy.Vsphere;

/// <summary>Everything that this project logs. No message takes a password, a cookie or a session key.</summary>
static partial class Log
{
    [LoggerMessage(1001, LogLevel.Information, "{Server}: logged in to {Product} as {User}")]
    public static partial void LoggedIn(ILogger logger, string server, string product, string user);

    [LoggerMessage(1002, LogLevel.Information, "{Server}: the session ended; logging in again")]
    public static partial void RenewingSession(ILogger logger, string server);

    [LoggerMessage(1003, LogLevel.Warning, "{Server}: no sign of life: {Reason}")]
    public static partial void NoSignOfLife(ILogger logger, string server, string reason);

    [LoggerMessage(1004, LogLevel.Debug, "{Server}: logout failed: {Reason}")]
    public static partial void LogoutFailed(ILogger logger, string server, string reason);

    [LoggerMessage(1005, LogLevel.Warning, "{Server}: {Step} of {Object} failed ({Reason}); attempt {Attempt} follows in {Delay}")]
    public static partial void Retrying(
        ILogger logger, string server, string @object, string step, string reason, int attempt, TimeSpan delay);

    [LoggerMessage(
        1010, LogLevel.Warning, "{Server}: the wait for {Object} ({Step}) lost its connection: {Reason}; reading the task again")]
    public static partial void WaitInterrupted(ILogger logger, string server, string @object, string step, string reason);

    [LoggerMessage(1011, LogLevel.Warning, "{Server}: task {Task} of {Object} could not be canceled: {Reason}")]
    public static partial void CancelFailed(ILogger logger, string server, string task, string @object, string reason);

    [LoggerMessage(1020, LogLevel.Information, "{Vm}: created snapshot {Snapshot} '{Name}' (quiesced: {Quiesced})")]
    public static partial void SnapshotCreated(ILogger logger, string vm, string snapshot, string name, bool quiesced);

    [LoggerMessage(1021, LogLevel.Warning, "{Vm}: no quiesced snapshot: {Reason}; the point will be crash-consistent")]
    public static partial void QuiesceDowngraded(ILogger logger, string vm, string reason);

    [LoggerMessage(1022, LogLevel.Warning, "{Vm}: {Levels} snapshot levels; {Limit} is the limit")]
    public static partial void SnapshotsDeep(ILogger logger, string vm, int levels, int limit);

    [LoggerMessage(1023, LogLevel.Information, "{Vm}: removed snapshot {Snapshot} in {Took}")]
    public static partial void SnapshotRemoved(ILogger logger, string vm, string snapshot, TimeSpan took);

    [LoggerMessage(1024, LogLevel.Warning, "{Vm}: the answer to {Step} was lost; looking at what the server did")]
    public static partial void AnswerLost(ILogger logger, string vm, string step);

    [LoggerMessage(1025, LogLevel.Warning, "{Vm}: {Step} waits: {Reason}")]
    public static partial void Busy(ILogger logger, string vm, string step, string reason);

    [LoggerMessage(1026, LogLevel.Information, "{Vm}: consolidating disks")]
    public static partial void Consolidating(ILogger logger, string vm);

    [LoggerMessage(1030, LogLevel.Information, "{Vm}: change tracking switched (on: {Enabled})")]
    public static partial void ChangeTrackingSwitched(ILogger logger, string vm, bool enabled);

    [LoggerMessage(1031, LogLevel.Warning, "{Vm}: changed areas of disk {Disk} are not available: {Code}: {Reason}")]
    public static partial void ChangedAreasUnavailable(ILogger logger, string vm, int disk, string code, string reason);

    [LoggerMessage(1040, LogLevel.Information, "{Proxy}: attached {File} as disk {Key}")]
    public static partial void DiskAttached(ILogger logger, string proxy, string file, int key);

    [LoggerMessage(1042, LogLevel.Information, "{Proxy}: {Controller} {Bus}:{Unit} was taken by another meanwhile; {File} gets another place")]
    public static partial void PlaceTaken(ILogger logger, string proxy, string controller, int bus, int unit, string file);

    [LoggerMessage(1041, LogLevel.Information, "{Proxy}: detached {File}")]
    public static partial void DiskDetached(ILogger logger, string proxy, string file);
}
