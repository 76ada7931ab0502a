using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Points;

namespace VmProxy.Engine.Tests;

/// <summary>
/// Whatever the server does, a backup ends in a point that restores byte for byte or in a failure that names itself, and the next run leaves
/// nothing behind.
/// </summary>
[Category("Slow")]
sealed class FaultsTests : EngineFixture
{
    [TestCase("drop-connection:CreateSnapshotEx:after", 50)]
    [TestCase("drop-connection:ReconfigVM:after", 50)]
    [TestCase("drop-connection:RemoveSnapshot:after", 50)]
    [TestCase("drop-connection:RetrievePropertiesEx", 1, 2)]
    [TestCase("expire-session:ReconfigVM", 1, 1)]
    [TestCase("expire-session:QueryChangedDiskAreas", 1)]
    [TestCase("http-503:CreateSnapshotEx", 2)]
    [TestCase("lost-task:ReconfigVM", 1)]
    [TestCase("fail-task:CreateSnapshotEx:TaskInProgress", 1)]
    [TestCase("fail-task-late:CreateSnapshotEx:TaskInProgress", 1)]
    [TestCase("fail-task-late:CreateSnapshotEx:NoDiskSpace", 1)]
    [TestCase("fail-task:ReconfigVM:NoDiskSpace", 9, 1)]
    [TestCase("fail-task-late:ReconfigVM:FileLocked", 1)]
    [TestCase("fail-task-late:ReconfigVM:GenericVmConfigFault", 1, 1)]
    [TestCase("fail-task:RemoveSnapshot:NoDiskSpace", 9)]
    [TestCase("fail-task-late:RemoveSnapshot:NoDiskSpace", 1)]
    [TestCase("fault:RetrievePropertiesEx:ManagedObjectNotFound", 1, 6)]
    [TestCase("fault:CreateSnapshotEx:NeverHeardOfFault", 1)]
    [TestCase("quiesce-fails", 1)]
    [TestCase("device-wrong-size", 1)]
    [TestCase("cbt-partial", 100)]
    [TestCase("cbt-no-progress", 100)]
    [TestCase("truncate-download", 9)]
    [TestCase("unknown-device-type", 1)]
    public async Task A_fault_of_the_server(string fault, int count, int skip = 0)
    {
        await StartAsync();
        var earlier = Only(await BackupAsync());
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 5 << 20, 200_000, seed: 5);
        Bench.Lab.Control.ArmFault(fault, count, skip);
        var report = (await BackupAsync().WaitAsync(TimeSpan.FromSeconds(45))).VirtualMachines.Single();
        var snapshots = Bench.Lab.Control.State().VirtualMachines.Single(vm => vm.Name == "web01").Snapshots;
        if (Bench.Lab.Control.State().VirtualMachines.SelectMany(vm => vm.Disks).Any(disk => disk.Foreign))
        {
            Assert.That(snapshots, Has.Count.EqualTo(1), "a snapshot stays until its disks are detached");
        }

        Assert.That(report.Warnings.Count(warning => warning.Code == ReasonCodes.SnapshotLeft), Is.EqualTo(snapshots.Count), "what is left is named");
        Bench.Lab.Control.DisarmFault();
        if (report.Point is not null)
        {
            await ExpectRestoredAsync(report);
        }
        else
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.Failed));
            Assert.That(new[] { report.Error!.Code, report.Error.Object, report.Error.Step, report.Error.Message }, Has.All.Not.Empty);
        }

        await ExpectCleanAfterNextRunAsync(earlier, report);
    }

    [Test]
    public async Task The_janitor_keeps_a_snapshot_while_one_of_its_disks_is_attached()
    {
        await StartAsync(options =>
        {
            var vm = LabTesting.LabBench.Vm("web01", 1 << 20);
            vm.Disks.Add(new Lab.LabDiskOptions { Size = 1 << 20 });
            options.VirtualMachines.Add(vm);
        });
        Bench.Lab.Control.ArmFault("fail-task:ReconfigVM:NoDiskSpace", count: 99, skip: 2);
        Assert.That((await BackupAsync()).VirtualMachines.Single().Outcome, Is.EqualTo(Outcome.Warning));
        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(3));
        Bench.Lab.Control.DisarmFault();
        Bench.Lab.Control.ArmFault("fail-task:ReconfigVM:NoDiskSpace");
        await using var session = OpenSession();
        var swept = await new Janitor(session).RunAsync(default).WaitAsync(TimeSpan.FromSeconds(45));
        Assert.That((swept.Errors.Count, swept.DetachedDisks.Count, swept.RemovedSnapshots.Count), Is.EqualTo((2, 1, 0)));
        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(2));
        swept = await new Janitor(session).RunAsync(default);
        Assert.That((swept.Errors.Count, swept.DetachedDisks.Count, swept.RemovedSnapshots.Count), Is.EqualTo((0, 1, 1)));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    /// <summary>The next run succeeds, every point is whole, nothing is left, and the journal holds nothing open.</summary>
    async Task ExpectCleanAfterNextRunAsync(params VmReport[] earlier)
    {
        var next = (await BackupAsync()).VirtualMachines[0];
        Assert.That(next.Error, Is.Null);
        await ExpectRestoredAsync(next);
        Assert.That(Bench.Leftovers(), Is.Empty);
        await using var session = OpenSession();
        var catalog = await session.CatalogAsync(default);
        Assert.That(await catalog.Journal.ListOpenAsync(default), Is.Empty);
        var points = (await new PointShelf(session).ListAsync(null, default)).Points.Select(point => point.Id);
        Assert.That(points, Is.EquivalentTo(earlier.Append(next).Select(report => report.Point).OfType<string>()));
        Assert.That((await VerifyAllAsync()).Points, Has.All.Matches<Verify.VerifiedPoint>(point => point.Whole));
        Assert.That((await new Janitor(session).RunAsync(default)).Errors, Is.Empty);
    }
}
