using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Selection;

/// <summary>Which VMs of one vCenter the jobs choose. Tags and attributes are read only where a job asks for them.</summary>
sealed class VmChooser
{
    readonly Dictionary<JobSettings, VmSelection> _jobs;
    readonly Dictionary<ObjectId, VmFacts> _facts;

    VmChooser(Dictionary<JobSettings, VmSelection> jobs, Dictionary<ObjectId, VmFacts> facts) => (_jobs, _facts) = (jobs, facts);

    /// <summary>The jobs, in the order of the configuration.</summary>
    public IReadOnlyCollection<JobSettings> Jobs => _jobs.Keys;

    /// <summary>Reads what the selections of these jobs ask for.</summary>
    /// <exception cref="VsphereException">Tags or attributes could not be read: who is chosen is not known, so nobody is.</exception>
    public static async Task<VmChooser> ReadAsync(
        OpenedVcenter vcenter, Inventory inventory, IReadOnlyCollection<JobSettings> jobs, CancellationToken cancellationToken)
    {
        var selections = jobs.ToDictionary(job => job, job => job.Selection());
        var tags = selections.Values.Any(selection => selection.AsksFor(SelectionKind.Tag))
            ? await vcenter.Connection.Tags.ReadAsync(cancellationToken).ConfigureAwait(false)
            : null;
        var attributes = selections.Values.Any(selection => selection.AsksFor(SelectionKind.Attribute))
            ? await vcenter.Connection.Attributes.ReadAsync(cancellationToken).ConfigureAwait(false)
            : null;
        var clusters = inventory.Hosts.ToDictionary(host => host.Id, host => host.Cluster);
        return new VmChooser(selections, inventory.VirtualMachines.ToDictionary(vm => vm.Id, vm => new VmFacts
        {
            Name = vm.Name,
            Folder = vm.FolderPath,
            Datacenter = vm.Datacenter?.Path ?? "",
            Cluster = vm.HostId is { } host ? clusters.GetValueOrDefault(host) : null,
            Tags = tags?.GetValueOrDefault(vm.Id) ?? [],
            Attributes = attributes?.GetValueOrDefault(vm.Id) ?? new Dictionary<string, string>(),
        }));
    }

    /// <summary>Whether the job chooses the VM.</summary>
    public bool Selects(JobSettings job, VirtualMachine vm) => _jobs[job].Selects(_facts[vm.Id]);

    /// <summary>Whether the job leaves the VM out on purpose.</summary>
    public bool Excludes(JobSettings job, VirtualMachine vm) => _jobs[job].Excludes(_facts[vm.Id]);

    /// <summary>Entries of the job that choose no VM.</summary>
    public IReadOnlyList<string> WithoutMatch(JobSettings job) => _jobs[job].WithoutMatch(_facts.Values);

    /// <summary>The jobs that choose the VM.</summary>
    public IEnumerable<JobSettings> JobsOf(VirtualMachine vm) => _jobs.Keys.Where(job => Selects(job, vm));
}
