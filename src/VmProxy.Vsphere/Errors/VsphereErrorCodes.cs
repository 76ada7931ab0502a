namespace VmProxy.Vsphere;

/// <summary>The stable codes of <see cref="VsphereException"/>. A code is never renamed.</summary>
public static class VsphereErrorCodes
{
    /// <summary>User name or password were refused. Never retried: an account may lock.</summary>
    public const string LoginFailed = "VC_LOGIN_FAILED";

    /// <summary>The server's certificate is not the pinned one.</summary>
    public const string ThumbprintMismatch = "VC_THUMBPRINT_MISMATCH";

    /// <summary>The server's certificate is signed by nobody that is trusted, and none is pinned.</summary>
    public const string CertificateUntrusted = "VC_CERTIFICATE_UNTRUSTED";

    /// <summary>An option of the connection has a value that cannot work.</summary>
    public const string OptionInvalid = "VC_OPTION_INVALID";

    /// <summary>The server could not be reached, or the connection broke.</summary>
    public const string Unreachable = "VC_UNREACHABLE";

    /// <summary>The server answered with something that is not vSphere's SOAP.</summary>
    public const string ProtocolError = "VC_PROTOCOL_ERROR";

    /// <summary>The session ended and could not be renewed.</summary>
    public const string SessionLost = "VC_SESSION_LOST";

    /// <summary>The user lacks a privilege; the message names it.</summary>
    public const string NoPermission = "VC_NO_PERMISSION";

    /// <summary>The object no longer exists in the inventory.</summary>
    public const string ObjectGone = "VC_OBJECT_GONE";

    /// <summary>A file, path or name was not found.</summary>
    public const string NotFound = "VC_NOT_FOUND";

    /// <summary>The server or the object cannot do this.</summary>
    public const string NotSupported = "VC_NOT_SUPPORTED";

    /// <summary>A datastore has no room.</summary>
    public const string NoDiskSpace = "VC_NO_DISK_SPACE";

    /// <summary>A file is locked by another host or process.</summary>
    public const string FileLocked = "VC_FILE_LOCKED";

    /// <summary>Another task holds the object.</summary>
    public const string TaskInProgress = "VC_TASK_IN_PROGRESS";

    /// <summary>The object is in a state that does not allow this.</summary>
    public const string InvalidState = "VC_INVALID_STATE";

    /// <summary>vCenter cannot reach the host.</summary>
    public const string HostUnreachable = "VC_HOST_UNREACHABLE";

    /// <summary>A task ended with a fault that has no code of its own.</summary>
    public const string TaskFailed = "VC_TASK_FAILED";

    /// <summary>A call ended with a fault that has no code of its own.</summary>
    public const string CallFailed = "VC_CALL_FAILED";

    /// <summary>A task was canceled by somebody else.</summary>
    public const string TaskCanceled = "VC_TASK_CANCELED";

    /// <summary>A time limit passed.</summary>
    public const string Timeout = "VC_TIMEOUT";

    /// <summary>The answer to a change was lost, and what it did cannot be told.</summary>
    public const string OutcomeUnknown = "VC_OUTCOME_UNKNOWN";

    /// <summary>A file is larger than the limit that the caller set.</summary>
    public const string FileTooLarge = "VC_FILE_TOO_LARGE";

    /// <summary>A quiesced snapshot was required and could not be made.</summary>
    public const string QuiesceFailed = "SNAPSHOT_QUIESCE_FAILED";

    /// <summary>A quiesced snapshot was required, and VM or guest cannot quiesce. Nothing was changed.</summary>
    public const string QuiesceUnavailable = "SNAPSHOT_QUIESCE_UNAVAILABLE";

    /// <summary>One more snapshot would reach the limit of 32 levels. Nothing was changed.</summary>
    public const string SnapshotTooDeep = "SNAPSHOT_TOO_DEEP";

    /// <summary>The VM does not allow snapshots.</summary>
    public const string SnapshotRefused = "SNAPSHOT_REFUSED";

    /// <summary>Disks still need consolidation after every attempt.</summary>
    public const string ConsolidationNeeded = "SNAPSHOT_CONSOLIDATION_NEEDED";

    /// <summary>The proxy VM has no free unit on a suitable SCSI controller.</summary>
    public const string NoFreeUnit = "HOTADD_NO_FREE_UNIT";

    /// <summary>The disk is attached to the proxy VM already.</summary>
    public const string DiskAlreadyAttached = "HOTADD_ALREADY_ATTACHED";

    /// <summary>The disk at the key is not the one that was attached: it is left alone.</summary>
    public const string DiskNotOurs = "HOTADD_DISK_NOT_OURS";

    /// <summary>A disk that was attached or detached is not as it should be when read back.</summary>
    public const string DiskNotAsExpected = "HOTADD_NOT_AS_EXPECTED";

    /// <summary>The disk's backing cannot be hot-added.</summary>
    public const string DiskUnsupported = "HOTADD_UNSUPPORTED_DISK";
}
