using VmProxy.Catalog;
using VmProxy.Engine.Configuration;
using VmProxy.Service.Work;

namespace VmProxy.Service.Notifications;

/// <summary>Notices about VMs that have no good point as young as they should.</summary>
static class MissingNotices
{
    // In a title, which is the subject of a mail.
    const int MostNamed = 3;

    public static string NameOf(VmBackups vm) => $"{vm.Vm.Vcenter} / {vm.Vm.Name}";

    /// <summary>Whether what stands is about a VM of this vCenter.</summary>
    public static bool IsOf(string vcenter, string subject) => subject.StartsWith($"{vcenter} / ", StringComparison.Ordinal);

    /// <summary>One notice for all that changed: when a vCenter was away for days, all of its VMs are missing at once. Null when there is nothing to tell.</summary>
    public static Notice? Of(Backups backups, IReadOnlyList<(string Subject, StandingChange Change)> changes, DateTimeOffset now)
    {
        var told = changes.Where(change => change.Change != StandingChange.Ended).Select(change => change.Subject).ToHashSet();
        var missing = backups.Missing.Where(vm => told.Contains(NameOf(vm))).ToArray();
        if (missing.Length > 0)
        {
            return new Notice(
                NoticeKind.Missing, NoticeSeverity.Error, missing.Length == 1 ? NameOf(missing[0]) : "",
                missing.Length == 1 ? $"VM {missing[0].Vm.Name} has no recent backup" : $"{missing.Length} VMs have no recent backup",
                JobNotices.Cut([.. missing.Select(Line)]), now)
            { Facts = Facts(missing.Select(vm => vm.Vm.Name)) };
        }

        var again = changes.Where(change => change.Change == StandingChange.Ended).Select(change => change.Subject).ToArray();
        return again.Length == 0 ? null : new Notice(
            NoticeKind.Missing, NoticeSeverity.Information, again.Length == 1 ? again[0] : "",
            again.Length <= MostNamed ? $"Backups are recent again: {string.Join(", ", again)}" : $"{again.Length} VMs have recent backups again",
            again.Length <= MostNamed ? [] : JobNotices.Cut([.. again]), now)
        { Facts = Facts(again) };
    }

    internal static string Line(VmBackups vm) =>
        $"{NameOf(vm)}: newest good point {(vm.NewestGood is { } at ? $"{at.UtcDateTime:yyyy-MM-dd HH:mm} UTC" : "none")}, job {string.Join(", ", vm.Vm.Jobs)}";

    static Dictionary<string, string> Facts(IEnumerable<string> vms) => new() { ["code"] = "VM_BACKUP_MISSING", ["vms"] = string.Join(", ", vms) };
}
