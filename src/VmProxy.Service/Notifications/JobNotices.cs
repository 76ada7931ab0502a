using System.Globalization;
using VmProxy.Engine;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Service.Work;

namespace VmProxy.Service.Notifications;

/// <summary>Notices about jobs.</summary>
static class JobNotices
{
    // A mail is read on a telephone; the catalog has all of it.
    const int MostLines = 200;

    /// <summary>What is told of a job that has ended; null when all is well.</summary>
    public static Notice? Of(JobNight night, DateTimeOffset now) => night.Outcome switch
    {
        Outcome.Failed => Of(night, NoticeKind.Failure, NoticeSeverity.Error, now, night.Failure is null
            ? string.Create(CultureInfo.InvariantCulture, $"Job {night.Job}: {night.Failed.Count} of {night.Vms.Count} VMs failed")
            : $"Job {night.Job} failed"),
        Outcome.Warning => Of(night, NoticeKind.Warning, NoticeSeverity.Warning, now, $"Job {night.Job} ended with warnings"),
        _ => null,
    };

    public static Notice NotRun(string job, string why, DateTimeOffset now) => new(
        NoticeKind.Failure, NoticeSeverity.Error, job, $"Job {job} was not run", [why], now)
    { Facts = new Dictionary<string, string> { ["code"] = ReasonCodes.WindowClosed, ["job"] = job } };

    static Notice Of(JobNight night, NoticeKind kind, NoticeSeverity severity, DateTimeOffset now, string title)
    {
        List<string> lines = [];
        if (night.Failure is { } failure)
        {
            lines.Add(failure.ToString());
        }

        foreach (var (vm, attempts) in night.Vms.OrderByDescending(vm => vm.Report.Outcome))
        {
            lines.Add(vm switch
            {
                { Error: { } error } => $"FAILED {Attempts(attempts)}: {error}",
                { Outcome: Outcome.Failed } => $"FAILED {vm.Name}",
                { Outcome: Outcome.Warning } => $"warning {vm.Name}: {vm.Point ?? "no point"}",
                _ => $"done {vm.Name}: {vm.Point}, {Sizes.Text(vm.StoredBytes)} stored{(attempts > 1 ? $", {Attempts(attempts)}" : "")}",
            });
            lines.AddRange(vm.Warnings.Select(warning => $"    {warning}"));
        }

        lines.AddRange(night.Warnings.Select(warning => $"warning: {warning}"));
        return new Notice(kind, severity, night.Job, title, Cut(lines), now)
        {
            Facts = new Dictionary<string, string>
            {
                ["job"] = night.Job,
                ["began"] = night.Began.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
                ["attempts"] = night.Attempts.ToString(CultureInfo.InvariantCulture),
                ["vms"] = night.Vms.Count.ToString(CultureInfo.InvariantCulture),
                ["failed"] = string.Join(", ", night.Failed.Select(vm => vm.Name)),
                ["code"] = night.Failure?.Code ?? night.Failed.Select(vm => vm.Error?.Code).FirstOrDefault() ?? FirstWarning(night)?.Code ?? "",
            },
        };
    }

    static Failure? FirstWarning(JobNight night) => night.Vms.SelectMany(vm => vm.Report.Warnings).Concat(night.Warnings).FirstOrDefault();

    static string Attempts(int count) => count == 1 ? "once" : string.Create(CultureInfo.InvariantCulture, $"{count} attempts");

    internal static IReadOnlyList<string> Cut(List<string> lines) => lines.Count <= MostLines
        ? lines
        : [.. lines.Take(MostLines), string.Create(CultureInfo.InvariantCulture, $"and {lines.Count - MostLines} lines more: see vmproxy report jobs")];
}
