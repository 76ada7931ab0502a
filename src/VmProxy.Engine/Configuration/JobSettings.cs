using System.ComponentModel.DataAnnotations;
using VmProxy.Engine.Selection;

namespace VmProxy.Engine.Configuration;

/// <summary>What is backed up, and how.</summary>
public sealed class JobSettings
{
    /// <summary>The name that commands, messages and reports use.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the vCenter; may be left out when there is only one.</summary>
    public string? VCenter { get; init; }

    /// <summary>Name of the repository; may be left out when there is only one.</summary>
    public string? Repository { get; init; }

    /// <summary>
    /// VMs by name, or by <c>folder:</c>, <c>cluster:</c>, <c>tag:</c> or <c>attribute:</c> (<see cref="SelectionRule"/>), with <c>*</c> and <c>?</c> as
    /// wildcards; case does not matter. New VMs that fit are taken by the next run.
    /// </summary>
    public required IReadOnlyList<string> Vms { get; init; }

    /// <summary>VMs to leave out again, in the same words.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>The level when the command names none.</summary>
    public BackupLevel Level { get; init; } = BackupLevel.Incremental;

    /// <summary>Whether the guest's file systems are quiesced for the snapshot.</summary>
    public QuiesceMode Quiesce { get; init; } = QuiesceMode.Prefer;

    /// <summary>What a quiesced snapshot asks of the Volume Shadow Copy Service of Windows guests.</summary>
    public VssMode Vss { get; init; } = VssMode.Copy;

    /// <summary>
    /// Disks to leave out: a label ("Hard disk 2"), a device key ("2001") or a place ("scsi0:1"), of all VMs of the job, or with a VM's name and a slash
    /// before it ("db*/scsi0:1") of some.
    /// </summary>
    public IReadOnlyList<string> ExcludeDisks { get; init; } = [];

    /// <summary>A program of the proxy and its arguments that is run before the snapshot of each VM; when it fails, no snapshot is made.</summary>
    public IReadOnlyList<string> FreezeCommand { get; init; } = [];

    /// <summary>A program of the proxy and its arguments that is run once the snapshot is made, and in any case once the freeze command has begun.</summary>
    public IReadOnlyList<string> ThawCommand { get; init; } = [];

    /// <summary>A program of the proxy and its arguments that is run before the job; when it fails, nothing is backed up.</summary>
    public IReadOnlyList<string> BeforeJobCommand { get; init; } = [];

    /// <summary>A program of the proxy and its arguments that is run after the job, whatever came of it.</summary>
    public IReadOnlyList<string> AfterJobCommand { get; init; } = [];

    /// <summary>A program of the proxy and its arguments that is run before each VM; when it fails, the VM is not backed up.</summary>
    public IReadOnlyList<string> BeforeVmCommand { get; init; } = [];

    /// <summary>A program of the proxy and its arguments that is run after each VM, whatever came of it.</summary>
    public IReadOnlyList<string> AfterVmCommand { get; init; } = [];

    /// <summary>How long each command around a VM or its snapshot may run before it is stopped.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long each command around the job may run before it is stopped: one that writes tapes takes hours.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "2.00:00:00")]
    public TimeSpan JobCommandTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Whether changed block tracking is enabled on a VM that lacks it. It is never disabled.</summary>
    public bool EnableChangeTracking { get; init; }

    /// <summary>How change tracking is checked.</summary>
    public SpotCheckSettings SpotCheck { get; init; } = new();

    /// <summary>Whether a transport may read a disk of a form that was verified on simulated hosts only, where nothing else can.</summary>
    public bool AllowUnprovenTransports { get; init; }

    /// <summary>Which points of the job's VMs a prune keeps; null leaves it to the repository.</summary>
    public KeepSettings? Keep { get; init; }

    /// <summary>When the service runs it; null leaves it to <c>vmproxy backup</c>.</summary>
    public ScheduleSettings? Schedule { get; init; }

    /// <summary>How much is done at once.</summary>
    public LimitSettings Limits { get; init; } = new();

    /// <summary>The job's choice of VMs.</summary>
    public VmSelection Selection() => new(Vms, Exclude);
}

/// <summary>How much is done at once.</summary>
public sealed class LimitSettings
{
    /// <summary>VMs with a snapshot of ours at the same time.</summary>
    [Range(1, 64)]
    public int ConcurrentVms { get; init; } = 2;

    /// <summary>Disks being read at the same time, over all VMs of the run.</summary>
    [Range(1, 256)]
    public int ConcurrentDisks { get; init; } = 4;
}

/// <summary>How much of a disk is read.</summary>
public enum BackupLevel
{
    /// <summary>Every allocated block.</summary>
    Full,

    /// <summary>What changed since the last good point.</summary>
    Incremental,

    /// <summary>What changed since the last point of level full.</summary>
    Differential,
}

/// <summary>Whether the guest's file systems are quiesced for the snapshot.</summary>
public enum QuiesceMode
{
    /// <summary>Quiesced where possible; otherwise crash-consistent, with a warning.</summary>
    Prefer,

    /// <summary>Quiesced, or the VM fails.</summary>
    Require,

    /// <summary>Crash-consistent.</summary>
    Never,
}

/// <summary>What a quiesced snapshot asks of the Volume Shadow Copy Service of Windows guests.</summary>
public enum VssMode
{
    /// <summary>Applications come to rest, and their backup history and logs stay as they are.</summary>
    Copy,

    /// <summary>Applications come to rest and take it for their full backup: some truncate logs.</summary>
    Full,

    /// <summary>File systems come to rest, applications do not take part.</summary>
    FileSystem,
}
