using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Transports;

/// <summary>The transports of one vCenter, and the choice between them.</summary>
sealed class TransportSet : IDisposable
{
    readonly IReadOnlyCollection<IDiskTransport> _transports;
    readonly TransportChooser _chooser;
    readonly TransportRules _rules;

    public TransportSet(IReadOnlyCollection<IDiskTransport> transports, TransportRules rules)
    {
        _transports = transports;
        _rules = rules;
        _chooser = new TransportChooser(transports, rules);
    }

    /// <summary>All of them, allowed or not.</summary>
    public IReadOnlyCollection<IDiskTransport> All => _transports;

    /// <summary>Whether a comparison has proved that a transport reads this disk's form right on the VM's host.</summary>
    public bool IsProven(string transport, VirtualMachine vm, VirtualDisk disk) => _rules.IsProven(transport, vm, disk);

    /// <summary>Judges every allowed transport for a disk, and ranks those that can read it.</summary>
    public TransportChoice Choose(VirtualMachine vm, VirtualDisk disk) => _chooser.Choose(vm, disk);

    /// <summary>What the transports can do for a datastore: the verdicts on the disks of it that a backup of these VMs would read.</summary>
    public DatastoreTransports Judge(Datastore datastore, IEnumerable<VirtualMachine> vms)
    {
        var verdicts = vms
            .Select(vm => (Vm: vm, Verdict: Eligibility.Judge(vm)))
            .Where(judged => judged.Verdict.IsEligible)
            .SelectMany(judged => judged.Verdict.Disks
                .Where(disk => disk.IsIncluded && disk.Disk.DatastoreId == datastore.Id)
                .Select(disk => Choose(judged.Vm, disk.Disk).Verdicts))
            .ToArray();
        return new DatastoreTransports(
            verdicts.Length,
            verdicts.Count(disk => disk.All(verdict => !verdict.Usable)),
            [.. verdicts.SelectMany(disk => disk).Where(verdict => verdict.Usable).Select(verdict => verdict.Transport).Distinct()],
            [.. verdicts.SelectMany(disk => disk)
                .SelectMany(verdict => verdict.Reasons.Select(reason => (verdict.Transport, reason)))
                .GroupBy(found => (found.Transport, found.reason.Code))
                .Select(group => new DatastoreReason(group.Key.Transport, group.Key.Code, group.First().reason.Text, group.Count()))]);
    }

    public void Dispose()
    {
        foreach (var transport in _transports.OfType<IDisposable>())
        {
            transport.Dispose();
        }
    }
}

/// <summary>How the disks of a datastore can be read.</summary>
/// <param name="Disks">Disks that a backup would read.</param>
/// <param name="Unreadable">Of these, how many no transport can read.</param>
/// <param name="Usable">Transports that can read at least one.</param>
/// <param name="Reasons">What speaks against a transport.</param>
sealed record DatastoreTransports(int Disks, int Unreadable, IReadOnlyList<string> Usable, IReadOnlyList<DatastoreReason> Reasons);

/// <summary>A reason against a transport, and how many disks it concerns.</summary>
sealed record DatastoreReason(string Transport, string Code, string Text, int Disks);
