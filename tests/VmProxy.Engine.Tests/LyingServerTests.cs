using System.Text.Json.Nodes;
using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Points;
using VmProxy.Engine.Sessions;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests;

/// <summary>A server that lies in QueryChangedDiskAreas never makes a wrong point that stays unnoticed.</summary>
sealed class LyingServerTests : EngineFixture
{
    const int Block = 65536;

    // Every block is looked at: what these lies leave out is always found.
    [TestCase("cbt-missing:rate:0.5", ChangeTrackingCodes.SpotCheckMissed)]
    [TestCase("cbt-missing:range:1048576:65536", ChangeTrackingCodes.SpotCheckMissed)]
    [TestCase("cbt-missing:rate:1", ChangeTrackingCodes.SpotCheckMissed)]
    [TestCase("cbt-truncated", ChangeTrackingCodes.SpotCheckMissed)]
    [TestCase("cbt-truncated:0", ChangeTrackingCodes.SpotCheckMissed)]
    [TestCase("cbt-out-of-range", ChangeTrackingCodes.AnswerInvalid)]
    [TestCase("cbt-no-progress", ChangeTrackingCodes.AnswerIncomplete)]
    [TestCase("cbt-fault:SystemError", ChangeTrackingCodes.QueryRefused)]
    public async Task A_lie_that_loses_changes_becomes_a_full_that_says_why(string lie, string reason)
    {
        await StartCheckedAsync();
        Only(await BackupAsync());
        await ChangeAsync();
        Bench.Lab.Control.ArmFault(lie, count: 100);
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That((vm.Disks[0].Level, vm.Disks[0].LevelReason), Is.EqualTo((BackupLevel.Full, reason)));
        Assert.That(vm.Warnings.Select(warning => warning.Code), Is.EqualTo(new[] { reason }));
        await ExpectRestoredAsync(vm);
        Bench.Lab.Control.DisarmFault();
        await ChangeAsync(seed: 50);
        await ExpectRestoredAsync(Only(await BackupAsync()));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [TestCase("cbt-overlapping")]
    [TestCase("cbt-out-of-range:end")]
    [TestCase("cbt-partial")]
    public async Task Requirement_06_overlaps_areas_past_the_end_and_partial_answers_stay_incremental(string answer)
    {
        await StartCheckedAsync();
        Only(await BackupAsync());
        await ChangeAsync();
        Bench.Lab.Control.ArmFault(answer, count: 100);
        var vm = Only(await BackupAsync());
        Assert.That((vm.Disks[0].Level, vm.Disks[0].LevelReason), Is.EqualTo((BackupLevel.Incremental, ChangeTrackingCodes.Trusted)));
        Assert.That(vm.Disks[0].CheckedBytes, Is.GreaterThan(0));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task A_reset_that_the_server_hides_is_caught()
    {
        await StartCheckedAsync();
        Only(await BackupAsync());
        await ChangeAsync();
        Bench.Lab.Control.ArmFault("cbt-stale-epoch");
        Bench.Lab.Control.Operator.ResetChangeTracking("web01");
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That(vm.Disks[0].LevelReason, Is.EqualTo(ChangeTrackingCodes.SpotCheckMissed));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task Requirement_04_a_revert_that_the_server_hides_is_seen_in_the_chain()
    {
        await StartAsync();
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "before");
        await ChangeAsync();
        Only(await BackupAsync());
        Bench.Lab.Control.ArmFault("cbt-stale-epoch");
        await Bench.Lab.Control.Operator.RevertAsync("web01", "before");
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That((vm.Disks[0].Level, vm.Disks[0].LevelReason), Is.EqualTo((BackupLevel.Full, ChangeTrackingCodes.Reverted)));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task A_lie_about_allocated_areas_is_caught_too()
    {
        await StartCheckedAsync();
        Bench.Lab.Control.ArmFault("cbt-missing:rate:0.5", count: 100);
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That((vm.Disks[0].Level, vm.Disks[0].LevelReason), Is.EqualTo((BackupLevel.Full, ChangeTrackingCodes.SpotCheckMissed)));
        Assert.That(vm.Disks[0].AreaBytes, Is.EqualTo(vm.Disks[0].CapacityBytes));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task The_evidence_names_blocks_ids_change_ids_answer_and_points_that_may_lack_changes()
    {
        await StartCheckedAsync();
        var full = Only(await BackupAsync());
        await ChangeAsync();
        SetCheck(share: 0);
        Bench.Lab.Control.ArmFault("cbt-missing:rate:0.5:1", count: 100);
        var wrong = Only(await BackupAsync());
        Assert.That(wrong.Disks[0].CheckedBytes, Is.Zero);
        SetCheck(share: 100);
        await ChangeAsync(seed: 60);
        var caught = Only(await BackupAsync(), Outcome.Warning);
        await ExpectRestoredAsync(caught);

        var file = Directory.GetFiles(Path.Combine(Bench["state"], "evidence")).Single();
        Assert.That(caught.Warnings.Single().ToString(), Does.Contain(file).And.Contain("web01 / Hard disk 1").And.Contain(wrong.Point).And.Contain("cbt reset").And.Not.Contain(full.Point));
        var evidence = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        Assert.That((string?)evidence["basePoint"], Is.EqualTo(wrong.Point));
        Assert.That(evidence["doubtfulPoints"]!.AsArray().Select(id => (string?)id), Is.EqualTo(new[] { wrong.Point }));
        var (before, now) = (ChangeId.Parse((string)evidence["baseChangeId"]!), ChangeId.Parse((string)evidence["changeId"]!));
        Assert.That((before.Epoch, before.Sequence < now.Sequence), Is.EqualTo((now.Epoch, true)));
        Assert.That(evidence["answer"]!.AsArray(), Is.Not.Empty);
        Assert.That(((string?)evidence["hostVersion"], (string?)evidence["hostBuild"]), Is.Not.EqualTo(((string?)null, (string?)null)));
        var difference = evidence["differences"]![0]!;
        Assert.That((long)difference["offset"]! % Block, Is.Zero);
        Assert.That((string?)difference["expected"], Is.Not.EqualTo((string?)difference["found"]));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }
    }

    [TestCase(BackupLevel.Incremental, Outcome.Warning, ChangeTrackingCodes.Distrusted)]
    [TestCase(BackupLevel.Full, Outcome.Done, ReasonCodes.FullRequested)]
    public async Task Until_a_full_has_been_made_the_disk_is_not_read_by_changed_or_allocated_areas(BackupLevel level, Outcome outcome, string reason)
    {
        await StartCheckedAsync();
        Only(await BackupAsync());
        await ChangeAsync();
        Bench.Lab.Control.ArmFault("cbt-missing:rate:1", count: 100);

        // The run that caught it never makes its point: somebody deletes the snapshot.
        await using (var session = OpenSession(new SessionParts
        {
            Checkpoints = new AtMoment("attach.gone.recorded", () => Task.FromResult(Bench.Lab.Control.Operator.DeleteAllSnapshots("web01"))),
        }))
        {
            var failed = Only(await new BackupJob(session, null).RunAsync(new BackupRequest(), default), Outcome.Failed);
            Assert.That((failed.Error!.Code, failed.Warnings.Single().Code), Is.EqualTo((ReasonCodes.Discarded, ChangeTrackingCodes.SpotCheckMissed)));
        }

        SetCheck(share: 0);
        var vm = Only(await BackupAsync(level), outcome);
        Assert.That((vm.Disks[0].Level, vm.Disks[0].LevelReason, vm.Disks[0].AreaBytes), Is.EqualTo((BackupLevel.Full, reason, vm.Disks[0].CapacityBytes)));
        await ExpectRestoredAsync(vm);

        Bench.Lab.Control.DisarmFault();
        await ChangeAsync(seed: 70);
        var next = Only(await BackupAsync());
        Assert.That(next.Disks[0].LevelReason, Is.EqualTo(ChangeTrackingCodes.Trusted), "a full has been made");
        Assert.That(next.Disks[0].CheckedBytes, Is.GreaterThan(0), "but this epoch lied once, and is checked each time");
        await ExpectRestoredAsync(next);
        await using var after = OpenSession();
        var catalog = await after.CatalogAsync(default);
        var point = await new PointShelf(after).ShowAsync(vm.Point!, default);
        var doubts = await catalog.ChangeTrackingDoubts.ListAsync(new VmKey(point.VcenterUuid, point.InstanceUuid), default);
        Assert.That(doubts.Select(doubt => doubt.LiftedBy), Is.EqualTo(new[] { vm.Point }));
    }

    [Test]
    public async Task As_many_runs_are_checked_as_the_configuration_says()
    {
        await StartAsync(options =>
        {
            var vm = LabTesting.LabBench.Vm("web01", 1 << 20);
            vm.Disks.AddRange(Enumerable.Range(0, 11).Select(_ => new Lab.LabDiskOptions { Size = 1 << 20 }));
            options.VirtualMachines.Add(vm);
        });
        SetCheck(share: 30, blocks: 2);
        var seeds = 0;
        var (disks, done) = (0, 0);
        for (var run = 0; run < 6; run++)
        {
            await using var session = OpenSession(new SessionParts { Seed = () => Interlocked.Increment(ref seeds) });
            var vm = Only(await new BackupJob(session, null).RunAsync(new BackupRequest(), default));
            (disks, done) = (disks + vm.Disks.Count, done + vm.Disks.Count(disk => disk.CheckedBytes > 0));
            Assert.That(vm.Disks.Select(disk => disk.CheckedBytes), Is.All.AnyOf(0, 2 * Block));
        }

        var expected = disks * 0.3;
        Assert.That(done, Is.InRange(expected - (3 * Math.Sqrt(expected * 0.7)), expected + (3 * Math.Sqrt(expected * 0.7))));
    }

    async Task StartCheckedAsync()
    {
        await StartAsync();
        SetCheck(share: 100, blocks: 1000);
    }

    void SetCheck(double share, int blocks = 1000) => Bench.Job["SpotCheck"] = new JsonObject { ["SharePercent"] = share, ["Blocks"] = blocks };

    /// <summary>Twenty blocks, no two of them side by side, among them one at 1 MiB.</summary>
    async Task ChangeAsync(int seed = 20)
    {
        for (var i = 0; i < 20; i++)
        {
            await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, i * 8L * Block, 4096, seed + i);
        }
    }
}
