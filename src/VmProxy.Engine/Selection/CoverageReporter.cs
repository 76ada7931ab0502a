using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Sessions;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Selection;

/// <summary>Finds the VMs that no job covers, which is how a new VM goes without a backup for years.</summary>
/// <param name="session">What it works with.</param>
public sealed class CoverageReporter(ProxySession session)
{
    /// <summary>Every VM of all vCenters that can be read, by name.</summary>
    /// <param name="away">Receives the vCenters that could not be read, by name, and why.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<IReadOnlyList<CoveredVm>> RunAsync(IDictionary<string, Failure> away, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(away);
        List<CoveredVm> found = [];
        foreach (var settings in session.Settings.VCenters)
        {
            try
            {
                var vcenter = await session.VcenterAsync(settings, cancellationToken).ConfigureAwait(false);
                var inventory = await vcenter.Connection.ReadInventoryAsync(cancellationToken).ConfigureAwait(false);
                found.AddRange(await JudgeAsync(vcenter, inventory, cancellationToken).ConfigureAwait(false));
            }
            catch (VsphereException exception)
            {
                away[settings.Name] = Expected.Failure(exception, settings.Name, "read the VMs")!;
            }
        }

        return [.. found.OrderBy(vm => vm.Name, StringComparer.Ordinal)];
    }

    internal async Task<IReadOnlyList<CoveredVm>> JudgeAsync(OpenedVcenter vcenter, Inventory inventory, CancellationToken cancellationToken)
    {
        JobSettings[] jobs = [.. session.Settings.Jobs.Where(job => session.Settings.VcenterOf(job).Name == vcenter.Name)];
        var chooser = await VmChooser.ReadAsync(vcenter, inventory, jobs, cancellationToken).ConfigureAwait(false);
        var proxy = ProxyVmFinder.Find(session.Settings.Transports.HotAdd.ProxyVm, inventory).Proxy;
        return [.. inventory.VirtualMachines.Select(vm => Judge(vcenter, vm, chooser, vm.Id == proxy?.Id))];
    }

    static CoveredVm Judge(OpenedVcenter vcenter, VirtualMachine vm, VmChooser chooser, bool isProxy)
    {
        JobSettings[] jobs = [.. chooser.JobsOf(vm)];
        // Nobody backs a template up, whatever selects it, so that none is missing.
        var coverage = jobs.Length > 0 && !vm.IsTemplate ? VmCoverage.Covered
            : vm.IsTemplate || isProxy || chooser.Jobs.Any(job => chooser.Excludes(job, vm)) ? VmCoverage.Excluded
            : VmCoverage.Uncovered;
        return new CoveredVm(
            vcenter.Name, vcenter.Connection.InstanceUuid, vm.Name, vm.InstanceUuid, coverage, [.. jobs.Select(job => job.Name)],
            jobs.Any(job => job.Schedule is not null));
    }
}
