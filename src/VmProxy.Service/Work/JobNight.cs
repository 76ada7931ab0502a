using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;

namespace VmProxy.Service.Work;

/// <summary>What became of a job in one window, over all its attempts: each VM as its last attempt left it.</summary>
sealed class JobNight(string job, DateTimeOffset began)
{
    readonly Dictionary<string, (VmReport Report, int Attempts)> _vms = new(StringComparer.Ordinal);
    readonly List<Failure> _warnings = [];

    public string Job => job;

    public DateTimeOffset Began => began;

    public int Attempts { get; private set; }

    /// <summary>Why the last attempt could not be begun; null when it could.</summary>
    public Failure? Failure { get; private set; }

    /// <summary>What concerns the job and no single VM.</summary>
    public IReadOnlyList<Failure> Warnings => _warnings;

    public IReadOnlyList<(VmReport Report, int Attempts)> Vms => [.. _vms.Values.OrderBy(vm => vm.Report.Name, StringComparer.Ordinal)];

    public IReadOnlyList<VmReport> Failed => [.. Vms.Select(vm => vm.Report).Where(vm => vm.Outcome == Outcome.Failed)];

    /// <summary>What the last attempt could not do, and why: of the job, or of each VM that has failed.</summary>
    public IReadOnlyList<string> Problems { get; private set; } = [];

    public Outcome Outcome => Failure is not null || Failed.Count > 0 ? Outcome.Failed
        : _warnings.Count > 0 || _vms.Values.Any(vm => vm.Report.Outcome == Outcome.Warning) ? Outcome.Warning
        : Outcome.Done;

    /// <summary>Whether another attempt could help: one that came too late would be too late again.</summary>
    public bool WantsAnother => Failure is not null || Failed.Any(vm => vm.Error?.Code != ReasonCodes.WindowClosed);

    /// <summary>The VMs that another attempt should take; null for all.</summary>
    public IReadOnlyCollection<string>? Again => _vms.Count == 0
        ? null
        : [.. Failed.Where(vm => vm.Error?.Code != ReasonCodes.WindowClosed).Select(vm => vm.InstanceUuid ?? "")];

    public void Add(BackupReport report)
    {
        Attempts++;
        Failure = null;
        Problems = [.. report.VirtualMachines.Where(vm => vm.Outcome == Outcome.Failed).Select(vm => vm.Error?.ToString() ?? vm.Name)];
        _warnings.AddRange(report.Warnings.Where(warning => !_warnings.Contains(warning)));
        foreach (var vm in report.VirtualMachines)
        {
            var key = vm.InstanceUuid ?? vm.Name;
            _vms[key] = (vm, _vms.TryGetValue(key, out var before) ? before.Attempts + 1 : 1);
        }
    }

    public void Add(Failure failure)
    {
        Attempts++;
        Failure = failure;
        Problems = [failure.ToString()];
    }
}
