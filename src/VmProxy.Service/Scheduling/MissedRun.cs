namespace VmProxy.Service.Scheduling;

/// <summary>A run of a job that did not happen, or that was interrupted.</summary>
/// <param name="Job">The job.</param>
/// <param name="Due">When it was due, or had begun.</param>
/// <param name="Interrupted">Whether it had begun.</param>
sealed record MissedRun(string Job, DateTimeOffset Due, bool Interrupted)
{
    /// <summary>Whether the schedule still has it, and begins it.</summary>
    public bool ComesByItself { get; init; }
}
