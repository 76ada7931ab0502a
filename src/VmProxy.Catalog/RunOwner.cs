namespace VmProxy.Catalog;

/// <summary>The process that owns a run, told apart from every other process on any machine.</summary>
/// <param name="ProcessId">Its process id inside <paramref name="PidNamespace"/>.</param>
/// <param name="ProcessStartTicks">Its start in clock ticks after boot (/proc/PID/stat, field 22): tells it from a later process with the same id.</param>
/// <param name="PidNamespace">The namespace that numbers it, as /proc/self/ns/pid names it: containers count from 1 each. Empty when unknown.</param>
/// <param name="BootId">Random id of the machine's present boot (/proc/sys/kernel/random/boot_id). Empty when unknown.</param>
/// <param name="HostName">The machine, for people.</param>
public sealed record RunOwner(int ProcessId, long ProcessStartTicks, string PidNamespace, string BootId, string HostName)
{
    /// <summary>This process, as <paramref name="processes"/> sees it.</summary>
    public static RunOwner Current(IProcessTable processes) => new(
        Environment.ProcessId,
        processes.StartTicks(Environment.ProcessId) ?? 0,
        processes.PidNamespace,
        processes.BootId,
        Environment.MachineName);
}

/// <summary>A run's owner and the last sign of life that it gave.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Owner">The process.</param>
/// <param name="HeartbeatAt">When the owner last renewed the lease.</param>
/// <param name="IsRunning">False once the run has ended or was taken over.</param>
public sealed record RunLease(string RunId, RunOwner Owner, DateTimeOffset HeartbeatAt, bool IsRunning)
{
    /// <summary>How often an owner renews its lease.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    /// <summary>How long after its last heartbeat an owner that we cannot look at is held to be alive.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Whether the owner may still be at work. On the same boot and in the same process namespace the process table decides, at once and
    /// whatever the clock says; anywhere else only time does. Doubt means alive: then nothing is touched.
    /// </summary>
    public bool IsOwnerAlive(DateTimeOffset now, IProcessTable processes)
    {
        if (!IsRunning)
        {
            return false;
        }

        var canLook = Owner.BootId.Length > 0 && Owner.BootId == processes.BootId
            && Owner.PidNamespace.Length > 0 && Owner.PidNamespace == processes.PidNamespace;
        return canLook
            ? processes.StartTicks(Owner.ProcessId) == Owner.ProcessStartTicks
            : now - HeartbeatAt < Lifetime;
    }
}
