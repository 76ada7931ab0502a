using VmProxy.Catalog;
using VmProxy.Engine.Care;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Notifications;

/// <summary>Notices about the service itself.</summary>
static class ServiceNotices
{
    public static Notice ConfigurationRefused(ConfigurationException exception, DateTimeOffset now) => new(
        NoticeKind.Service, NoticeSeverity.Warning, "configuration", "The new configuration cannot be used; the old one stays",
        [.. exception.Message.Split('\n').Select(line => line.Trim())], now)
    { Facts = Code(exception.Code) };

    public static Notice StillRuns(string job, DateTimeOffset now) => new(
        NoticeKind.Failure, NoticeSeverity.Error, job, $"Job {job} was due and not begun: its last run has not ended",
        ["Look at what holds it up (vmproxy report jobs), or give it more time between its runs."], now)
    { Facts = Code(ServiceCodes.StillRuns) };

    public static Notice Broke(string work, Exception exception, DateTimeOffset now) => new(
        NoticeKind.Service, NoticeSeverity.Error, work, $"{work} failed by an error of the program",
        [$"{exception.GetType().Name}: {exception.Message}", "The log has the details. Please report it."], now)
    { Facts = Code(ServiceCodes.Bug) };

    /// <summary>A piece of work that failed as a whole, before it could tell anything itself.</summary>
    public static Notice WorkFailed(WorkKey work, Failure failure, DateTimeOffset now) => work.Kind == WorkKey.BackupKind
        ? new Notice(NoticeKind.Failure, NoticeSeverity.Error, work.Subject, $"Job {work.Subject} failed", [failure.ToString()], now) { Facts = Code(failure.Code) }
        : new Notice(NoticeKind.Service, NoticeSeverity.Error, work.ToString(), $"{work} failed", [failure.ToString(), "It is tried again when it is due; this is not told each time."], now)
        { Facts = Code(failure.Code) };

    public static Notice WorksAgain(WorkKey work, DateTimeOffset now) =>
        new(NoticeKind.Service, NoticeSeverity.Information, work.ToString(), $"{work} works again", [], now);

    public static Notice Stuck(string problem, DateTimeOffset now) => new(
        NoticeKind.Service, NoticeSeverity.Error, "schedule", "The schedule does not fire: no job is begun by itself",
        [problem.TrimEnd('.') + ".", "Look at the disk of VmProxy:State:Folder and at the log, then restart the service. Until then: vmproxy backup --job NAME."], now)
    { Facts = Code(ServiceCodes.ScheduleStuck) };

    public static Notice ScheduleDamaged(string aside, DateTimeOffset now) => new(
        NoticeKind.Service, NoticeSeverity.Warning, "schedule", "The file of the schedule was damaged: a new one was begun",
        [$"The damaged one is {aside}.", "Whether a run was missed is not known: look at vmproxy report jobs."], now)
    { Facts = Code(ServiceCodes.ScheduleDamaged) };

    public static Notice ScheduleNotFollowed(string problem, DateTimeOffset now) => new(
        NoticeKind.Service, NoticeSeverity.Error, "schedule", "The new configuration is used, and its schedule is not followed yet", [problem, "It is tried again every minute."], now)
    { Facts = Code(ServiceCodes.ScheduleStuck) };

    public static Notice CatalogAtStart(CatalogException exception, DateTimeOffset now) => new(
        NoticeKind.Service, NoticeSeverity.Error, "catalog", "The service has started and cannot use its catalog", [exception.Message, "Whether a run was interrupted is not known."], now)
    { Facts = Code(exception.Code) };

    public static Notice Missed(MissedRun missed, bool runsNow, DateTimeOffset now) => new(
        NoticeKind.Service, NoticeSeverity.Warning, missed.Job,
        $"Job {missed.Job}: the run of {missed.Due.UtcDateTime:yyyy-MM-dd HH:mm} UTC was {(missed.Interrupted ? "interrupted" : "missed")}",
        [
            missed.Interrupted ? "The service ended before it was done." : "The service did not run at that time, or its machine slept.",
            runsNow ? "It is made up for now." : "It is not made up for (RunMissed, or no window is open): the next run is by schedule.",
        ],
        now)
    { Facts = Code(missed.Interrupted ? ServiceCodes.Interrupted : ServiceCodes.Missed) };

    public static Notice Janitor(JanitorReport report, bool ended, DateTimeOffset now) => ended
        ? new Notice(NoticeKind.Service, NoticeSeverity.Information, "janitor", "Left-overs in vCenter: all is well again", [], now)
        : new Notice(
            NoticeKind.Service, report.Errors.Count > 0 ? NoticeSeverity.Error : NoticeSeverity.Warning, "janitor",
            "Left-overs in vCenter that need a look", JobNotices.Cut([.. report.Errors.Concat(report.Findings).Select(failure => failure.ToString())]), now)
        { Facts = Code(report.Errors.Concat(report.Findings).First().Code) };

    public static Notice PruneFailed(string repository, Failure failure, DateTimeOffset now) => new(
        NoticeKind.Warning, NoticeSeverity.Warning, repository, $"Repository {repository} was not pruned", [failure.ToString()], now)
    { Facts = Code(failure.Code) };

    static Dictionary<string, string> Code(string code) => new() { ["code"] = code };
}
