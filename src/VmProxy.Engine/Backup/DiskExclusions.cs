using System.Globalization;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Selection;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>The disks that a job leaves out: by label ("Hard disk 2"), device key ("2001") or place ("scsi0:1"), of all its VMs or of some ("db*/scsi0:1").</summary>
sealed class DiskExclusions(IReadOnlyList<string> entries)
{
    readonly Entry[] _entries = [.. entries.Select(Entry.Of)];

    /// <summary>A verdict with the job's wish: what it leaves out is no warning, but named.</summary>
    public VmVerdict Apply(VirtualMachine vm, VmVerdict verdict)
    {
        var disks = verdict.Disks.Select(disk => _entries.FirstOrDefault(entry => entry.Fits(vm, disk.Disk)) is { } entry
            ? new DiskVerdict(disk.Disk, false, new Finding(
                FindingKind.Note, ReasonCodes.DiskExcluded, $"{disk.Disk.Label} is left out by the job's ExcludeDisks ({entry.Text})"))
            : disk).ToArray();
        var dropped = verdict.Disks.Except(disks).Select(disk => disk.Exclusion).ToHashSet();
        if (dropped.Count == 0)
        {
            return verdict;
        }

        var findings = verdict.Findings
            .Where(finding => !dropped.Contains(finding))
            .Concat(disks.Where(disk => disk.Exclusion is { Code: ReasonCodes.DiskExcluded }).Select(disk => disk.Exclusion!));
        return verdict with
        {
            Disks = disks,
            Findings = disks.Any(disk => disk.IsIncluded) || verdict.Disks.All(disk => !disk.IsIncluded)
                ? [.. findings]
                : [.. findings, new Finding(FindingKind.Warning, EligibilityCodes.NoDisks, "the job leaves out all of its disks")],
        };
    }

    /// <summary>The entries that fit no disk of any of these VMs: mistyped, or about disks that are gone.</summary>
    public IEnumerable<Failure> WithoutMatch(string job, IReadOnlyCollection<VirtualMachine> vms) => _entries
        .Where(entry => !vms.Any(vm => vm.Disks.Any(disk => entry.Fits(vm, disk))))
        .Select(entry => new Failure(
            ReasonCodes.ExclusionUnmatched, $"job {job}", "choose disks", $"The entry '{entry.Text}' of ExcludeDisks fits no disk of the job's VMs.",
            "Compare with `vmproxy vms --json`. Allowed: a label, a device key or a place such as scsi0:1, with VM/ before it for some VMs only."));

    sealed record Entry(string Text, VmSelection Vms, string Disk)
    {
        // The server stores a slash in a VM's name as %2f, so one here parts VM and disk.
        public static Entry Of(string text) => text.LastIndexOf('/') is >= 0 and var slash
            ? new Entry(text, new VmSelection([text[..slash].Trim()], []), text[(slash + 1)..].Trim())
            : new Entry(text, new VmSelection(["*"], []), text.Trim());

        public bool Fits(VirtualMachine vm, VirtualDisk disk) => Vms.Selects(vm.Name)
            && (Disk.Equals(disk.Label, StringComparison.OrdinalIgnoreCase)
                || Disk.Equals(disk.UnitName, StringComparison.OrdinalIgnoreCase)
                || Disk == disk.Key.ToString(CultureInfo.InvariantCulture));
    }
}
