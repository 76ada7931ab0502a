using System.Globalization;
using VmProxy.Catalog;
using VmProxy.Engine;
using VmProxy.Engine.Configuration;
using VmProxy.Service.Work;

namespace VmProxy.Service.Notifications;

/// <summary>The summary of a night, from what the catalog knows: also of nights in which the service was restarted.</summary>
static class SummaryNotice
{
    /// <summary>A VM's last result of the night in its job.</summary>
    public sealed record Result(string Job, RunVmResult Vm);

    public static Notice Of(
        IReadOnlyList<RunRecord> runs, IReadOnlyList<RunRecord> withoutVm, IReadOnlyList<Result> results, Backups backups, IReadOnlyList<StandingNotice> datastores, DateTimeOffset since, DateTimeOffset now)
    {
        var failed = results.Where(result => result.Vm.Outcome == VmOutcome.Failed).ToArray();
        var warned = results.Where(result => result.Vm.Outcome is VmOutcome.Warning or VmOutcome.Skipped).ToArray();
        // One that no later run of the job made good.
        var broken = runs.GroupBy(run => run.Start.Job ?? "").Select(job => job.MaxBy(run => run.StartedAt)!)
            .Where(run => run.Outcome is RunOutcome.Failed or RunOutcome.Crashed && withoutVm.Contains(run)).ToArray();
        var worst = failed.Length > 0 || broken.Length > 0 || backups.Missing.Count > 0 || backups.Away.Count > 0 ? NoticeSeverity.Error
            : warned.Length > 0 || backups.Uncovered.Count > 0 || datastores.Count > 0 ? NoticeSeverity.Warning
            : NoticeSeverity.Information;
        List<string> lines = [$"From {since.UtcDateTime:yyyy-MM-dd HH:mm} to {now.UtcDateTime:yyyy-MM-dd HH:mm} UTC"];
        lines.AddRange(results.GroupBy(result => result.Job).OrderBy(job => job.Key, StringComparer.Ordinal).Select(Job));
        Section(lines, "Failed jobs", broken.Select(run => $"{run.Start.Job}: {run.Error}"));
        Section(lines, "Failed VMs", failed.Select(result => $"{result.Job}: {result.Vm.Error ?? result.Vm.VmName}"));
        Section(lines, "With warnings", warned.Select(result =>
            $"{result.Job} / {result.Vm.VmName}: {string.Join(", ", result.Vm.Reasons.Where(reason => reason.Severity == ReasonSeverity.Warning).Select(reason => reason.Code).Distinct())}"));
        Section(lines, "Nothing is known of the VMs of", backups.Away.Values.Select(failure => failure.ToString()));
        Section(lines, "Without a recent backup", backups.Missing.Select(MissingNotices.Line));
        Section(lines, "Selected by no job", backups.Uncovered.Select(vm => $"{vm.Vcenter} / {vm.Name}"));
        Section(lines, "Short of room", datastores.Select(notice => $"{notice.Subject}, since {notice.Since.UtcDateTime:yyyy-MM-dd}"));
        var done = results.Count - failed.Length;
        return new Notice(
            NoticeKind.Summary, worst, "",
            string.Create(CultureInfo.InvariantCulture, $"Last night: {done} VMs done, {failed.Length} failed, {backups.Missing.Count} without a recent backup, {backups.Uncovered.Count} in no job{(backups.Away.Count == 0 ? "" : $", {string.Join(", ", backups.Away.Keys)} not readable")}"),
            JobNotices.Cut(lines), now)
        {
            Facts = new Dictionary<string, string>
            {
                ["done"] = done.ToString(CultureInfo.InvariantCulture),
                ["failed"] = Names(failed),
                ["warnings"] = Names(warned),
                ["missing"] = string.Join(", ", backups.Missing.Select(vm => vm.Vm.Name)),
                ["uncovered"] = string.Join(", ", backups.Uncovered.Select(vm => vm.Name)),
                ["away"] = string.Join(", ", backups.Away.Keys),
                ["brokenJobs"] = string.Join(", ", broken.Select(run => run.Start.Job)),
            },
        };
    }

    static string Names(IEnumerable<Result> results) => string.Join(", ", results.Select(result => result.Vm.VmName));

    static string Job(IGrouping<string, Result> job) => string.Create(
        CultureInfo.InvariantCulture,
        $"{job.Key}: {job.Count(result => result.Vm.Outcome != VmOutcome.Failed)} of {job.Count()} VMs done, {Sizes.Text(job.Sum(result => result.Vm.ReadBytes))} read, {Sizes.Text(job.Sum(result => result.Vm.StoredBytes))} stored");

    static void Section(List<string> lines, string title, IEnumerable<string> entries)
    {
        var all = entries.ToArray();
        if (all.Length > 0)
        {
            lines.Add("");
            lines.Add($"{title}:");
            lines.AddRange(all.Select(entry => $"  {entry}"));
        }
    }
}
