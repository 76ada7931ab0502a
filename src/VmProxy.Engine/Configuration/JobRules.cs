using VmProxy.Engine.Selection;

namespace VmProxy.Engine.Configuration;

/// <summary>Rules for a job's VMs, disks, schedule and commands.</summary>
static class JobRules
{
    /// <summary>Reports each value that cannot work: its key, the value, and what is allowed.</summary>
    public static void Check(JobSettings job, string key, Action<string, string?, string> report)
    {
        for (var i = 0; i < job.ExcludeDisks.Count; i++)
        {
            var entry = job.ExcludeDisks[i];
            if (entry.Split('/').Any(string.IsNullOrWhiteSpace))
            {
                report($"{key}:ExcludeDisks:{i}", entry, "Allowed: a label (\"Hard disk 2\"), a device key (\"2001\") or a place (\"scsi0:1\"), with a VM's name and a slash before it for some VMs only");
            }
        }

        CheckSelection(job.Vms, $"{key}:Vms", report);
        CheckSelection(job.Exclude, $"{key}:Exclude", report);
        if (job.Schedule is { } schedule)
        {
            ScheduleRules.Check(schedule, $"{key}:Schedule", report);
        }

        CheckCommand(job.BeforeJobCommand, $"{key}:BeforeJobCommand", report);
        CheckCommand(job.AfterJobCommand, $"{key}:AfterJobCommand", report);
        CheckCommand(job.BeforeVmCommand, $"{key}:BeforeVmCommand", report);
        CheckCommand(job.AfterVmCommand, $"{key}:AfterVmCommand", report);
        CheckCommand(job.FreezeCommand, $"{key}:FreezeCommand", report);
        CheckCommand(job.ThawCommand, $"{key}:ThawCommand", report);
        if (job.FreezeCommand.Count > 0 && job.ThawCommand.Count == 0)
        {
            report($"{key}:ThawCommand", null, "is missing although FreezeCommand is set: nothing would end what it begins");
        }
    }

    static void CheckSelection(IReadOnlyList<string>? entries, string key, Action<string, string?, string> report)
    {
        // A missing list has been reported by the binder.
        for (var i = 0; i < (entries?.Count ?? 0); i++)
        {
            if (SelectionRule.Problem(entries![i]) is { } problem)
            {
                report($"{key}:{i}", entries[i], problem);
            }
        }
    }

    static void CheckCommand(IReadOnlyList<string> command, string key, Action<string, string?, string> report)
    {
        const string allowed = "Allowed: the absolute path of a program that this user may run, then its arguments, each an entry of the list";
        if (command.Count == 0)
        {
            return;
        }

        if (!Path.IsPathFullyQualified(command[0]))
        {
            report($"{key}:0", command[0], $"is no absolute path. {allowed}");
        }
        else if (!File.Exists(command[0]))
        {
            report($"{key}:0", command[0], $"there is no such file. {allowed}");
        }
        else if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(command[0]) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) == 0)
        {
            report($"{key}:0", command[0], $"is not executable. {allowed}");
        }
    }
}
