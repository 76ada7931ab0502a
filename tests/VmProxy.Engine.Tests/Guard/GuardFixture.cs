using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;
using VmProxy.Lab.Control;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests.Guard;

/// <summary>A lab with small datastores, and backups whose moments a test can use.</summary>
abstract class GuardFixture : EngineFixture
{
    protected const int MiB = 1 << 20;

    /// <summary>Starts a lab with one datastore of this size and VMs of one disk, each with 4 MiB of data.</summary>
    protected Task StartAsync(int datastoreMiB, int diskMiB, params string[] vms) => StartAsync(options =>
    {
        options.Datastores.Add(new LabDatastoreOptions { Name = "ds1", Capacity = (long)datastoreMiB * MiB });
        options.VirtualMachines.AddRange(vms.Select(name =>
        {
            var vm = LabBench.Vm(name, (long)diskMiB * MiB);
            vm.Disks[0].Data[0].Length = 4 * MiB;
            return vm;
        }));
    });

    protected LabDatastoreReport Datastore(string name = "ds1") => Bench.Lab.Control.State().Datastores.Single(one => one.Name == name);

    protected LabVmReport Vm(string name) => Bench.Lab.Control.State().VirtualMachines.Single(vm => vm.Name == name);

    /// <summary>Leaves so much of a datastore; the server does not know it before it is made to look.</summary>
    protected void LeaveFree(int mebibytes, string name = "ds1") =>
        Bench.Lab.Control.Operator.TakeRoom(name, Datastore(name).Free - ((long)mebibytes * MiB));

    protected int SnapshotCount() => Bench.Lab.Control.State().VirtualMachines.Sum(vm => vm.Snapshots.Count);

    internal async Task<BackupReport> BackupAsync(SessionParts parts, BackupLevel? level = null, CancellationToken cancellationToken = default)
    {
        await using var session = OpenSession(parts);
        return await new BackupJob(session, null).RunAsync(new BackupRequest { Level = level }, cancellationToken).WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
    }

    protected static Task SleepAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, default);

    protected static async Task UntilAsync(Func<bool> condition)
    {
        for (var waited = 0; !condition(); waited++)
        {
            Assert.That(waited, Is.LessThan(30_000), "waited in vain");
            await SleepAsync(1);
        }
    }
}
