namespace VmProxy.Vsphere;

/// <summary>The stable codes of decisions about changed block tracking. A code is never renamed.</summary>
public static class ChangeTrackingCodes
{
    /// <summary>Changed areas since the base may be used.</summary>
    public const string Trusted = "CBT_TRUSTED";

    /// <summary>There is no earlier good point of this disk.</summary>
    public const string NoBase = "CBT_NO_BASE";

    /// <summary>The earlier point or this snapshot has no change id for the disk.</summary>
    public const string NoChangeId = "CBT_NO_CHANGE_ID";

    /// <summary>Change tracking was reset since the base: storage migration, crash, revert, registration, or switched off and on.</summary>
    public const string EpochChanged = "CBT_EPOCH_CHANGED";

    /// <summary>The disk's capacity changed since the base.</summary>
    public const string CapacityChanged = "CBT_CAPACITY_CHANGED";

    /// <summary>Another disk sits at the key of the base's disk.</summary>
    public const string DiskReplaced = "CBT_DISK_REPLACED";

    /// <summary>The VM was reverted to a snapshot older than the base.</summary>
    public const string Reverted = "CBT_REVERTED";

    /// <summary>The host's build is known to lose or misreport changes.</summary>
    public const string HostBuildKnownBad = "CBT_HOST_BUILD_KNOWN_BAD";

    /// <summary>Change tracking was switched on while the VM had snapshots: since vSphere 6.5 its answers are wrong without a word.</summary>
    public const string StartedUnderSnapshots = "CBT_STARTED_UNDER_SNAPSHOTS";

    /// <summary>A spot check found a change that the server left out.</summary>
    public const string SpotCheckMissed = "CBT_SPOT_CHECK_MISSED";

    /// <summary>An earlier spot check found that the server leaves out changes, and no full has been made since.</summary>
    public const string Distrusted = "CBT_DISTRUSTED";

    /// <summary>The server said that it cannot answer for this change id or snapshot.</summary>
    public const string QueryRefused = "CBT_QUERY_REFUSED";

    /// <summary>The server's answers do not cover the disk, or make no progress.</summary>
    public const string AnswerIncomplete = "CBT_ANSWER_INCOMPLETE";

    /// <summary>The server's answer contradicts itself.</summary>
    public const string AnswerInvalid = "CBT_ANSWER_INVALID";

    /// <summary>The server does not know the operation.</summary>
    public const string NotSupported = "CBT_NOT_SUPPORTED";

    /// <summary>Areas that are not allocated may be left out of a full.</summary>
    public const string HintUsable = "ALLOCATION_USABLE";

    /// <summary>All is read: the disk has a form whose allocation is not believed.</summary>
    public const string HintBacking = "ALLOCATION_DISK_FORM";

    /// <summary>All is read: a part of the disk lies on a datastore whose allocation is not believed.</summary>
    public const string HintDatastore = "ALLOCATION_DATASTORE";

    /// <summary>Change tracking is on, and was before.</summary>
    public const string AlreadyEnabled = "CBT_ALREADY_ENABLED";

    /// <summary>Change tracking was switched on. Its ids count from the next snapshot on.</summary>
    public const string Enabled = "CBT_ENABLED";

    /// <summary>Change tracking stays off: the VM has snapshots, and switching it on under them gives wrong answers.</summary>
    public const string SnapshotsExist = "CBT_SNAPSHOTS_EXIST";

    /// <summary>Change tracking stays off: virtual hardware older than version 7.</summary>
    public const string HardwareTooOld = "CBT_HARDWARE_TOO_OLD";

    /// <summary>Change tracking stays off: the server says that this VM cannot have it.</summary>
    public const string VmUnsupported = "CBT_VM_UNSUPPORTED";

    /// <summary>Change tracking was reset: switched off and on again, with a snapshot made and removed after each.</summary>
    public const string Reset = "CBT_RESET";

    /// <summary>Change tracking is off, so there is nothing to reset.</summary>
    public const string NotEnabled = "CBT_NOT_ENABLED";

    /// <summary>Change tracking stays off: it was switched on, and reads as off.</summary>
    public const string NotEffective = "CBT_NOT_EFFECTIVE";
}
