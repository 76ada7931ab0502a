namespace VmProxy.Vsphere;

/// <summary>The server's faults and the channel's failures in the words of an administrator.</summary>
static class Faults
{
    /// <summary>Faults that mean "another task holds this; come again".</summary>
    public static bool IsBusy(string? faultType) => faultType is "TaskInProgress" or "ConcurrentAccess" or "ResourceInUse";

    /// <summary>Faults of a guest that could not be quiesced (requirement 11).</summary>
    public static bool IsQuiesce(string? faultType) => faultType is "ApplicationQuiesceFault" or "FilesystemQuiesceFault" or "Timedout" or "ToolsUnavailable";

    /// <summary>What a failed call means.</summary>
    public static VsphereException Translate(Exception exception, string @object, string step)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is VsphereException known)
            {
                // The certificate check threw it through the TLS handshake.
                return known;
            }
        }

        return exception switch
        {
            Vim.VimFaultException fault => OfFault(
                fault.FaultType, fault.Fault, fault.FaultMessage, @object, step, VsphereErrorCodes.CallFailed, fault),
            Vim.VimTransportException { Code: Vim.VimErrorCodes.Unreachable or Vim.VimErrorCodes.Tls or Vim.VimErrorCodes.ConnectionLost } lost => new VsphereException(
                VsphereErrorCodes.Unreachable,
                @object,
                step,
                Sentence(lost.Message),
                "Check name, port, network and that the server is up.",
                lost),
            _ => new VsphereException(
                VsphereErrorCodes.ProtocolError,
                @object,
                step,
                Sentence(exception.Message),
                "Check that the address is that of a vCenter or host, and no proxy is in between.",
                exception),
        };
    }

    /// <summary>What a task's error means.</summary>
    public static VsphereException OfTask(Vim.LocalizedMethodFault? error, string @object, string step)
    {
        string type = error?.Fault is { } fault ? fault.UnknownTypeName ?? fault.TypeName : "";
        return OfFault(type, error?.Fault, error?.LocalizedMessage ?? "", @object, step, VsphereErrorCodes.TaskFailed, null);
    }

    static VsphereException OfFault(
        string type, Vim.MethodFault? fault, string message, string @object, string step, string otherwise, Exception? cause)
    {
        var (code, next) = Meaning(type, fault, otherwise);
        string words = message.Length > 0 ? message.TrimEnd('.') : "the server gives no message";
        return new VsphereException(
            code, @object, step, $"{words} ({(type.Length > 0 ? type : "no fault")}{Detail(fault)}).", next, cause) { FaultType = type };
    }

    static (string Code, string Next) Meaning(string type, Vim.MethodFault? fault, string otherwise) => type switch
    {
        "InvalidLogin" => (VsphereErrorCodes.LoginFailed, "Check user name and password; it is not tried again, so that the account is not locked."),
        "NotAuthenticated" => (VsphereErrorCodes.SessionLost, "Run again; if it persists, look for what ends the sessions of this user."),
        "NoPermission" => (VsphereErrorCodes.NoPermission, "Give the user this privilege on the object; doctor lists all that are needed."),
        "ManagedObjectNotFound" => (VsphereErrorCodes.ObjectGone, "It was removed meanwhile; read the inventory again."),
        "NoDiskSpace" => (VsphereErrorCodes.NoDiskSpace, "Free space on the datastore, or move the VM."),
        "FileLocked" => (VsphereErrorCodes.FileLocked, "Find which host or proxy holds the file; detach left-over disks from proxies."),
        "TaskInProgress" or "ConcurrentAccess" or "ResourceInUse" => (VsphereErrorCodes.TaskInProgress, "Wait for the other task, then run again."),
        "NotSupported" or "NotImplemented" or "MethodNotFound" or "RestrictedVersion" => (VsphereErrorCodes.NotSupported, "This server or license cannot do it."),
        "NotFound" or "FileNotFound" => (VsphereErrorCodes.NotFound, "Check that the file or object still exists."),
        "Timedout" => (VsphereErrorCodes.Timeout, "The host took too long; look at its load and storage latency."),
        "RequestCanceled" => (VsphereErrorCodes.TaskCanceled, "Somebody canceled the task; run again."),
        "TooManySnapshotLevels" => (VsphereErrorCodes.SnapshotTooDeep, "Delete snapshots of this VM."),
        "ApplicationQuiesceFault" or "FilesystemQuiesceFault" or "ToolsUnavailable"
            => (VsphereErrorCodes.QuiesceFailed, "Look at the guest's VSS or fsfreeze log, or allow crash-consistent snapshots."),
        "HostNotConnected" or "HostNotReachable" or "HostCommunication" => (VsphereErrorCodes.HostUnreachable, "Reconnect the host in vCenter."),
        "InvalidPowerState" or "InvalidState" => (VsphereErrorCodes.InvalidState, "Look at the VM's state in vCenter."),
        _ when fault is Vim.SnapshotFault => (VsphereErrorCodes.SnapshotRefused, "Look at the VM's snapshots and devices in vCenter."),
        _ => (otherwise, "Look at the object's events in vCenter."),
    };

    static string Detail(Vim.MethodFault? fault) => fault switch
    {
        Vim.NoPermission { PrivilegeId: { Length: > 0 } privilege } denied => $": privilege {privilege} on {denied.Object}",
        Vim.NoDiskSpace full => $": datastore {full.Datastore}, file {full.File}",
        Vim.FileFault file => $": file {file.File}",
        Vim.GenericVmConfigFault config => $": {config.Reason}",
        Vim.InvalidArgument { InvalidProperty: { Length: > 0 } property } => $": {property}",
        Vim.MethodNotFound method => $": {method.Method}",
        _ => "",
    };

    static string Sentence(string message) => message.EndsWith('.') ? message : message + ".";
}
