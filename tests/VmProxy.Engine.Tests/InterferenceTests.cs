using VmProxy.Engine.Backup;
using VmProxy.Engine.Points;
using VmProxy.Engine.Sessions;

namespace VmProxy.Engine.Tests;

/// <summary>What others do to the VM and its snapshots while a backup runs.</summary>
sealed class InterferenceTests : EngineFixture
{
    [TestCase("attach.made.recorded")]
    [TestCase("attach.gone.recorded")]
    public async Task Deleting_all_snapshots_during_a_backup_discards_the_point_with_a_clear_message(string moment)
    {
        await StartAsync();
        var earlier = Only(await BackupAsync());
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 1 << 20, seed: 1);
        await using var session = OpenSession(new SessionParts
        {
            Checkpoints = new AtMoment(moment, () =>
            {
                Bench.Lab.Control.Operator.DeleteAllSnapshots("web01");
                return Task.CompletedTask;
            }),
        });
        var vm = Only(await new BackupJob(session, null).RunAsync(new BackupRequest(), default), Outcome.Failed);
        Assert.That(vm.Error!.Code, Is.EqualTo(ReasonCodes.Discarded));
        Assert.That(vm.Error.ToString(), Does.Contain("web01").And.Contain("snapshot"));
        var points = (await new PointShelf(session).ListAsync(null, default)).Points;
        Assert.That(points.Select(point => point.Id), Is.EqualTo(new[] { earlier.Point }));
        Assert.That((await VerifyAllAsync()).Points.Single().Whole, Is.True);

        await ExpectRestoredAsync(Only(await BackupAsync()));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_snapshot_that_bears_a_foreign_mark_is_reported_and_kept()
    {
        await StartAsync();
        await using var session = OpenSession();
        var catalog = await session.CatalogAsync(default);
        var foreign = new Catalog.OwnershipMark("another", new byte[16]).Create("run", "vc", "vm");
        Assert.That(catalog.Installation.Mark.Verify(foreign, "vc", "vm").Ownership, Is.EqualTo(Catalog.Ownership.OtherInstallation));
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "vmproxy foreign");
        var swept = await new Care.Janitor(session).RunAsync(default);
        Assert.That((swept.RemovedSnapshots.Count, Bench.Leftovers().Count), Is.EqualTo((0, 1)));
    }
}
