using Microsoft.Extensions.Logging;

namespace VmProxy.Service;

/// <summary>What the service logs. Event ids are stable.</summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "vmproxy {Version} serves, with configuration {File}")]
    public static partial void Started(ILogger logger, string version, string file);

    [LoggerMessage(2, LogLevel.Information, "The service ends: {Running} pieces of work are told to give up")]
    public static partial void Stopping(ILogger logger, int running);

    [LoggerMessage(3, LogLevel.Error, "The service ended before {Work} had given up: the janitor undoes at the next start what it left")]
    public static partial void GaveNotUp(ILogger logger, string work);

    [LoggerMessage(4, LogLevel.Information, "Health and metrics at {Address}")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(10, LogLevel.Information, "{Work} begins")]
    public static partial void WorkBegins(ILogger logger, string work);

    [LoggerMessage(11, LogLevel.Information, "{Work} ended after {Seconds:0.0} s")]
    public static partial void WorkEnded(ILogger logger, string work, double seconds);

    [LoggerMessage(12, LogLevel.Error, "{Work} failed: {Failure}")]
    public static partial void WorkFailed(ILogger logger, string work, string failure);

    [LoggerMessage(13, LogLevel.Critical, "{Work} failed by an error of the program")]
    public static partial void WorkBroke(ILogger logger, Exception exception, string work);

    [LoggerMessage(14, LogLevel.Warning, "{Work} was given up, because the service ends")]
    public static partial void WorkCancelled(ILogger logger, string work);

    [LoggerMessage(15, LogLevel.Warning, "{Work} is due and still runs since its last time: it is not begun again")]
    public static partial void WorkStillRuns(ILogger logger, string work);

    [LoggerMessage(16, LogLevel.Error, "What has begun or ended could not be noted: after an end of the service it may be done again, or not be made up for: {Problem}")]
    public static partial void NotNoted(ILogger logger, string problem);

    [LoggerMessage(EventId = 20, Message = "Job {Job}: {Outcome}, {Done} VMs done, {Failed} failed, {Attempts} attempts")]
    public static partial void JobEnded(ILogger logger, LogLevel level, string job, string outcome, int done, int failed, int attempts);

    [LoggerMessage(21, LogLevel.Warning, "Job {Job}: {What} failed; tried again in {Wait}")]
    public static partial void JobRetries(ILogger logger, string job, string what, TimeSpan wait);

    [LoggerMessage(24, LogLevel.Warning, "Job {Job}, attempt {Attempt}: {Problem}")]
    public static partial void JobProblem(ILogger logger, string job, int attempt, string problem);

    [LoggerMessage(25, LogLevel.Error, "Job {Job} was not run: {Why}")]
    public static partial void JobNotRun(ILogger logger, string job, string why);

    [LoggerMessage(22, LogLevel.Warning, "Job {Job}: the run of {Time:u} was missed or interrupted{Next}")]
    public static partial void JobMissed(ILogger logger, string job, DateTimeOffset time, string next);

    [LoggerMessage(23, LogLevel.Information, "Repository {Repository}: pruned, {Points} points deleted, {Freed} freed")]
    public static partial void Pruned(ILogger logger, string repository, int points, string freed);

    [LoggerMessage(30, LogLevel.Information, "The configuration was read again and is used from now on; work under way ends with the old one")]
    public static partial void Reloaded(ILogger logger);

    [LoggerMessage(31, LogLevel.Error, "The configuration changed and cannot be used, so the old one stays: {Problem}")]
    public static partial void ReloadRefused(ILogger logger, string problem);

    [LoggerMessage(32, LogLevel.Warning, "{Key} changed: that takes effect when the service is restarted")]
    public static partial void NeedsRestart(ILogger logger, string key);

    [LoggerMessage(33, LogLevel.Information, "{Work}: next at {Next:u}")]
    public static partial void Scheduled(ILogger logger, string work, DateTimeOffset? next);

    [LoggerMessage(34, LogLevel.Warning, "{Work} was to be next at {Next:u}, much later than its schedule asks: the clock was set back")]
    public static partial void ClockWentBack(ILogger logger, string work, DateTimeOffset? next);

    [LoggerMessage(35, LogLevel.Critical, "The schedule does not fire: {Problem}")]
    public static partial void ScheduleStuck(ILogger logger, string problem);

    [LoggerMessage(36, LogLevel.Error, "The file of the schedule is damaged, so a new one is begun; the damaged one is {File}")]
    public static partial void ScheduleDamaged(ILogger logger, string file);

    [LoggerMessage(40, LogLevel.Warning, "{Channel} did not take a notice ({Attempt}. attempt): {Problem}")]
    public static partial void NotTaken(ILogger logger, string channel, int attempt, string problem);

    [LoggerMessage(41, LogLevel.Error, "{Channel} did not take a notice for {Age}: it is given up: {Notice}")]
    public static partial void NoticeGivenUp(ILogger logger, string channel, TimeSpan age, string notice);

    [LoggerMessage(42, LogLevel.Error, "A notice could not be recorded: {Problem}")]
    public static partial void NoticeLost(ILogger logger, string problem);

    [LoggerMessage(43, LogLevel.Critical, "A notice could not be handed over, by an error of the program; it is tried again")]
    public static partial void NoticesBroke(ILogger logger, Exception exception);
}
