namespace VmProxy.Service.Scheduling;

/// <summary>What is done: its kind, and for a backup the job, for a prune the repository.</summary>
/// <param name="Kind">The kind of work.</param>
/// <param name="Subject">The job or repository; empty for work that there is once.</param>
readonly record struct WorkKey(string Kind, string Subject = "")
{
    public const string BackupKind = "backup";
    public const string PruneKind = "prune";

    public static readonly WorkKey Janitor = new("janitor");
    public static readonly WorkKey Capacity = new("capacity");
    public static readonly WorkKey Summary = new("summary");

    public static WorkKey Backup(string job) => new(BackupKind, job);

    public static WorkKey Prune(string repository) => new(PruneKind, repository);

    public static WorkKey Parse(string text) => text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
        ? new WorkKey(text[..colon], text[(colon + 1)..])
        : new WorkKey(text);

    public override string ToString() => Subject.Length == 0 ? Kind : $"{Kind}:{Subject}";
}
