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

    public static Notice Missed(MissedRun missed, bool runsNow, DateTimeOffset now) => new(
        NoticeKind.Service, NoticeSeverity.Warning, missed.Job,
        $"Job {missed.Job}: the run of {missed.Due.UtcDateTime:yyyy-MM-dd HH:mm} UTC was {(missed.Interrupted ? "interrupted" : "missed")}",
        [
            missed.Interrupted ? "The service ended in the middle of it." : "The service did not run at that time.",
            runsNow ? "It is made up for now." : "It is not made up for (RunMissed, or no window is open): the next run is by schedule.",
        ],
        now)
    { Facts = Code(missed.Interrupted ? ServiceCodes.Interrupted : ServiceCodes.Missed) };

    public static Notice Janitor(JanitorReport report, bool ended, DateTimeOffset now) => ended
        ? new Notice(NoticeKind.Service, NoticeSeverity.Information, "janitor", "Left-overs in vCenter: all is well again", [], now)
        : new Notice(
            NoticeKind.Service, report.Errors.Count > 0 ? NoticeSeverity.Error : NoticeSeverity.Warning, "janitor",
            "Left-overs in vCenter that need a look", [.. report.Errors.Concat(report.Findings).Select(failure => failure.ToString())], now)
        { Facts = Code(report.Errors.Concat(report.Findings).First().Code) };

    public static Notice PruneFailed(string repository, Failure failure, DateTimeOffset now) => new(
        NoticeKind.Warning, NoticeSeverity.Warning, repository, $"Repository {repository} was not pruned", [failure.ToString()], now)
    { Facts = Code(failure.Code) };

    static Dictionary<string, string> Code(string code) => new() { ["code"] = code };
}
