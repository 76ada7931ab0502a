namespace VmProxy.Catalog.Tests;

sealed class RunStoreTests : CatalogFixture
{
    [Test]
    public async Task A_run_is_kept_as_it_was_told()
    {
        var run = await BeginRunAsync();
        Assert.That(run.Id, Does.Match("^20261122T231505Z-[a-z0-9]{6}$"));
        Assert.That(await Catalog.Runs.FindAsync(run.Id, default), Is.EqualTo(run));
        Time.Advance(TimeSpan.FromMinutes(5));
        Assert.That(await Catalog.Runs.HeartbeatAsync(run.Id, default), Is.True);
        Assert.That(await Catalog.Runs.EndAsync(run.Id, RunOutcome.Failed, "CODE", "object, step, next", default), Is.True);
        Assert.That(await Catalog.Runs.FindAsync(run.Id, default), Is.EqualTo(run with
        {
            EndedAt = Time.GetUtcNow(),
            Outcome = RunOutcome.Failed,
            ErrorCode = "CODE",
            Error = "object, step, next",
            Lease = run.Lease with { HeartbeatAt = Time.GetUtcNow(), IsRunning = false },
        }));
        Assert.That(await Catalog.Runs.FindAsync("none", default), Is.Null);
    }

    [Test]
    public async Task Runs_are_listed_newest_first_and_filtered()
    {
        var first = await BeginRunAsync();
        await Catalog.Runs.EndAsync(first.Id, RunOutcome.Succeeded, null, null, default);
        Time.Advance(TimeSpan.FromDays(1));
        var second = await BeginRunAsync(RunKind.Janitor);
        Assert.That(await IdsAsync(new RunFilter()), Is.EqualTo(new[] { second.Id, first.Id }));
        Assert.That(await IdsAsync(new RunFilter { Limit = 1 }), Is.EqualTo(new[] { second.Id }));
        Assert.That(await IdsAsync(new RunFilter { RunningOnly = true }), Is.EqualTo(new[] { second.Id }));
        Assert.That(await IdsAsync(new RunFilter { Kind = RunKind.Backup }), Is.EqualTo(new[] { first.Id }));
        Assert.That(await IdsAsync(new RunFilter { Since = Time.GetUtcNow() }), Is.EqualTo(new[] { second.Id }));
        Assert.That(await IdsAsync(new RunFilter { Job = "other" }), Is.Empty);

        async Task<IEnumerable<string>> IdsAsync(RunFilter filter) => (await Catalog.Runs.ListAsync(filter, default)).Select(run => run.Id);
    }

    [Test]
    public async Task Results_keep_their_reasons_in_order_and_a_later_record_replaces_the_earlier()
    {
        var run = await BeginRunAsync();
        var result = new RunVmResult
        {
            RunId = run.Id,
            Vm = Web,
            VmName = "web01",
            VmMoRef = "VirtualMachine:vm-42",
            Outcome = VmOutcome.Warning,
            StartedAt = Time.GetUtcNow(),
            EndedAt = Time.GetUtcNow().AddMinutes(3),
            PointId = "p-1",
            Level = "full",
            Quiesced = false,
            CapacityBytes = 5L << 40,
            ChangedBytes = 2,
            ReadBytes = 3,
            StoredBytes = 4,
            MetadataBytes = 5,
            Reasons =
            [
                new ResultReason(ReasonSeverity.Warning, "FULL_CBT_RESET", "The change id is of another epoch.", 2000),
                new ResultReason(ReasonSeverity.Info, "SNAPSHOT_NOT_QUIESCED", "Tools do not run."),
            ],
        };
        await Catalog.Runs.RecordVmAsync(result with { Outcome = VmOutcome.Failed, ErrorCode = "X", Error = "y", Quiesced = null }, default);
        await Catalog.Runs.RecordVmAsync(result, default);
        var read = (await Catalog.Runs.ListVmsAsync(run.Id, default)).Single();
        Assert.That(read.Reasons, Is.EqualTo(result.Reasons));
        Assert.That(read with { Reasons = result.Reasons }, Is.EqualTo(result));
        Assert.That((await Catalog.Runs.ListHistoryAsync(Web, 5, default)).Single().Reasons, Has.Count.EqualTo(2));
        Assert.That(await Catalog.Runs.ListHistoryAsync(new VmKey("vc-2", Web.InstanceUuid), 5, default), Is.Empty);
    }
}
