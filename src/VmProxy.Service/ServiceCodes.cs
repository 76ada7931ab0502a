namespace VmProxy.Service;

/// <summary>Stable codes of the service. A code is never renamed.</summary>
public static class ServiceCodes
{
    /// <summary>Nobody can listen at the address of health and metrics.</summary>
    public const string AddressUnusable = "SERVICE_ADDRESS_UNUSABLE";

    /// <summary>Another service works with the state folder.</summary>
    public const string AlreadyServes = "SERVICE_ALREADY_RUNS";

    /// <summary>What is due is not fired.</summary>
    public const string ScheduleStuck = "SERVICE_SCHEDULE_STUCK";

    /// <summary>The file of the schedule was damaged, and a new one was begun.</summary>
    public const string ScheduleDamaged = "SERVICE_SCHEDULE_DAMAGED";

    /// <summary>A piece of work failed by an error of the program.</summary>
    public const string Bug = "SERVICE_BUG";

    /// <summary>A job was due while its last run was still at work.</summary>
    public const string StillRuns = "JOB_STILL_RUNS";

    /// <summary>The service did not run when a job was due.</summary>
    public const string Missed = "JOB_MISSED";

    /// <summary>The service ended in the middle of a job.</summary>
    public const string Interrupted = "JOB_INTERRUPTED";
}
