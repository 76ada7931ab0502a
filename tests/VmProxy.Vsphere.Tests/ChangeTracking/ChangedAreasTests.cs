using CsCheck;

namespace VmProxy.Vsphere.Tests.ChangeTracking;

public sealed class ChangedAreasTests
{
    const long Block = 65536;

    static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task Changed_areas_name_what_the_guest_wrote_between_two_snapshots()
    {
        await using var lab = await Lab.StartAsync();
        var first = await CycleAsync(lab);
        await lab.Server.Control.Guest.WriteRandomAsync("web", 0, 3 * Block, 2 * Block, 5);
        var second = await CycleAsync(lab, keep: true);

        var verdict = ChangeTrackingTrust.Judge(first.Track(first.Disks[0], null), second.Track(second.Disks[0], null));
        Assert.That(verdict.IsTrusted, verdict.Reason);
        var changed = await AskAsync(lab, second, 0, first.Disks[0].ChangeId!);
        Assert.That(((ChangedAreas.Areas)changed).Ranges, Is.EqualTo(new[] { new ByteRange(3 * Block, 2 * Block) }));
        var untouched = await AskAsync(lab, second, 1, first.Disks[1].ChangeId!);
        Assert.That(((ChangedAreas.Areas)untouched).Ranges, Is.Empty);
    }

    [Test]
    public async Task Requirement_06_changed_areas_are_looped_until_the_disk_is_covered()
    {
        await using var lab = await Lab.StartAsync(options: options => options.ChangedAreasPerAnswer = 2);
        var first = await CycleAsync(lab);
        for (int i = 0; i < 9; i++)
        {
            await lab.Server.Control.Guest.WriteRandomAsync("web", 0, 2 * i * Block, 1, i);
        }

        var second = await CycleAsync(lab, keep: true);
        using var requests = new Requests(lab.Server.Url);
        var changed = (ChangedAreas.Areas)await AskAsync(lab, second, 0, first.Disks[0].ChangeId!);
        Assert.That(changed.Ranges, Is.EqualTo(Enumerable.Range(0, 9).Select(i => new ByteRange(2 * i * Block, Block))));
        Assert.That(requests.Count, Is.GreaterThan(1));
    }

    [Test]
    public async Task Requirement_06_no_progress_makes_the_areas_unavailable()
    {
        await using var lab = await Lab.StartAsync();
        var first = await CycleAsync(lab);
        var second = await CycleAsync(lab, keep: true);
        lab.Server.Control.ArmFault("cbt-no-progress");
        Expect(await AskAsync(lab, second, 0, first.Disks[0].ChangeId!), ChangeTrackingCodes.AnswerIncomplete);
    }

    [TestCase(0, 0, ChangeTrackingCodes.AnswerIncomplete)]
    [TestCase(10, 90, ChangeTrackingCodes.AnswerIncomplete)]
    [TestCase(0, -1, ChangeTrackingCodes.AnswerInvalid)]
    [TestCase(-5, 100, ChangeTrackingCodes.AnswerInvalid)]
    [TestCase(100, long.MaxValue, ChangeTrackingCodes.AnswerInvalid)]
    public void Requirement_06_an_answer_with_a_gap_or_nonsense_is_not_believed(long start, long length, string code)
    {
        var collector = new ChangedAreasCollector(100);
        collector.Add(start, length, []);
        Expect(collector.Outcome!, code);
    }

    [Test]
    public void Requirement_06_an_area_that_reaches_past_the_end_is_cut_and_one_that_lies_beyond_it_is_not_believed()
    {
        var cut = new ChangedAreasCollector(100);
        cut.Add(0, 100, [new(90, 50)]);
        Assert.That(((ChangedAreas.Areas)cut.Outcome!).Ranges, Is.EqualTo(new[] { new ByteRange(90, 10) }));
        var beyond = new ChangedAreasCollector(100);
        beyond.Add(0, 100, [new(10, 5), new(100, 5)]);
        Expect(beyond.Outcome!, ChangeTrackingCodes.AnswerInvalid);
    }

    [Test]
    public void Requirement_06_however_the_answers_are_cut_the_same_areas_come_out()
    {
        var area = Gen.Select(Gen.Long[0, 999], Gen.Long[1, 200], (offset, length) => new ByteRange(offset, length));
        Gen.Select(area.Array[0, 10], Gen.Long[1, 400].Array[1, 30]).Sample((areas, cuts) =>
        {
            var collector = new ChangedAreasCollector(1000);
            for (int i = 0; collector.Outcome is null; i++)
            {
                long start = collector.Covered;
                long length = cuts[i % cuts.Length];
                collector.Add(start, length, areas.Where(one => one.Offset < start + length && one.End > start));
            }

            var whole = ByteRange.Normalize(areas.Where(one => one.Offset < collector.Covered), 1000);
            Assert.That(((ChangedAreas.Areas)collector.Outcome).Ranges, Is.EqualTo(whole));
        });
    }

    [TestCase("FileFault")]
    [TestCase("InvalidArgument")]
    [TestCase("NotFound")]
    [TestCase("FileNotFound")]
    public async Task Requirement_04_a_fault_about_the_disk_is_an_answer_and_no_failure(string fault)
    {
        await using var lab = await Lab.StartAsync();
        var first = await CycleAsync(lab);
        var second = await CycleAsync(lab, keep: true);
        lab.Server.Control.ArmFault($"cbt-fault:{fault}");
        var answer = await AskAsync(lab, second, 0, first.Disks[0].ChangeId!);
        Expect(answer, ChangeTrackingCodes.QueryRefused);
        Assert.That(((ChangedAreas.Unavailable)answer).Reason, Does.Contain(fault));
    }

    [Test]
    public async Task Requirement_04_a_reset_is_seen_in_the_epoch_and_refused_by_the_server_too()
    {
        await using var lab = await Lab.StartAsync();
        var first = await CycleAsync(lab);
        lab.Server.Control.Operator.ResetChangeTracking("web");
        var second = await CycleAsync(lab, keep: true);
        Assert.That(
            ChangeTrackingTrust.Judge(first.Track(first.Disks[0], null), second.Track(second.Disks[0], null)).Code,
            Is.EqualTo(ChangeTrackingCodes.EpochChanged));
        Expect(await AskAsync(lab, second, 0, first.Disks[0].ChangeId!), ChangeTrackingCodes.QueryRefused);
    }

    [Test]
    public async Task Requirement_04_a_revert_is_not_trusted()
    {
        await using var lab = await Lab.StartAsync();
        await lab.Server.Control.Operator.CreateSnapshotAsync("web", "before the change");
        var first = await CycleAsync(lab);
        await lab.Server.Control.Operator.RevertAsync("web", "before the change");
        var second = await CycleAsync(lab, keep: true);
        Assert.That(ChangeTrackingTrust.Judge(first.Track(first.Disks[0], null), second.Track(second.Disks[0], null)).IsTrusted, Is.False);
    }

    [Test]
    public async Task Requirement_01_a_disk_that_grew_is_not_trusted()
    {
        await using var lab = await Lab.StartAsync();
        var first = await CycleAsync(lab);
        lab.Server.Control.Operator.GrowDisk("web", 0, 16 << 20);
        var second = await CycleAsync(lab, keep: true);
        Assert.That(
            ChangeTrackingTrust.Judge(first.Track(first.Disks[0], null), second.Track(second.Disks[0], null)).Code,
            Is.EqualTo(ChangeTrackingCodes.CapacityChanged));
        Assert.That(
            ChangeTrackingTrust.Judge(first.Track(first.Disks[1], null), second.Track(second.Disks[1], null)).IsTrusted,
            "the other disk did not grow");
    }

    [Test]
    public async Task Allocated_areas_are_asked_for_by_a_method_of_their_own()
    {
        await using var lab = await Lab.StartAsync();
        var state = await CycleAsync(lab, keep: true);
        var hint = await lab.Connection.ChangedAreas.QueryAllocatedHintAsync(
            state.Vm, state.Snapshot, state.Disks[0].Key, state.Disks[0].CapacityBytes, None);
        Assert.That(((ChangedAreas.Areas)hint).Bytes, Is.GreaterThanOrEqualTo(1 << 20).And.LessThan(8 << 20));
        Assert.ThrowsAsync<ArgumentException>(async () => await AskAsync(lab, state, 0, "*"));
    }

    static Task<ChangedAreas> AskAsync(Lab lab, SnapshotState state, int disk, string changeId)
        => lab.Connection.ChangedAreas.QueryAsync(
            state.Vm, state.Snapshot, state.Disks[disk].Key, state.Disks[disk].CapacityBytes, changeId, None);

    static async Task<SnapshotState> CycleAsync(Lab lab, bool keep = false)
    {
        var vm = await lab.VmAsync();
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, $"ours {Guid.NewGuid()}", "run", QuiescePolicy.Never, None);
        var state = await lab.Connection.Snapshots.ReadDisksAsync(vm.Id, created.Snapshot, None);
        if (!keep)
        {
            await lab.Connection.Snapshots.RemoveAsync(vm.Id, created.Snapshot, None);
        }

        return state;
    }

    static void Expect(ChangedAreas answer, string code)
        => Assert.That(answer, Is.InstanceOf<ChangedAreas.Unavailable>().With.Property("Code").EqualTo(code));
}
