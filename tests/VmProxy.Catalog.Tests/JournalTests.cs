namespace VmProxy.Catalog.Tests;

sealed class JournalTests : CatalogFixture
{
    [Test]
    public async Task A_snapshot_goes_through_its_states()
    {
        var run = await BeginRunAsync();
        var id = await Catalog.Journal.BeginAsync(SnapshotEntry(run.Id), default);
        var planned = (await Catalog.Journal.ListOpenAsync(default)).Single();
        Assert.That(planned.Entry, Is.EqualTo(SnapshotEntry(run.Id)));
        Assert.That((planned.State, planned.PlannedAt, planned.DoneAt), Is.EqualTo((JournalState.Planned, Time.GetUtcNow(), (DateTimeOffset?)null)));
        Assert.That(planned.Owner, Is.EqualTo(run.Lease));

        Time.Advance(TimeSpan.FromSeconds(3));
        await Catalog.Journal.MarkDoneAsync(id, "VirtualMachineSnapshot:snapshot-9", default);
        var done = (await Catalog.Journal.ListOpenAsync(default)).Single();
        Assert.That((done.State, done.Entry.SnapshotMoRef, done.DoneAt),
            Is.EqualTo((JournalState.Done, "VirtualMachineSnapshot:snapshot-9", (DateTimeOffset?)Time.GetUtcNow())));

        await Catalog.Journal.MarkUndoneAsync(id, default);
        Assert.That(await Catalog.Journal.ListOpenAsync(default), Is.Empty);
        var undone = (await Catalog.Journal.ListOfRunAsync(run.Id, default)).Single();
        Assert.That((undone.State, undone.UndoneAt), Is.EqualTo((JournalState.Undone, (DateTimeOffset?)Time.GetUtcNow())));
    }

    [Test]
    public async Task The_last_place_goes_to_one_of_many_that_ask_at_once()
    {
        var run = await BeginRunAsync();
        var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            Catalog.Journal.TryBeginAsync(SnapshotEntry(run.Id) with { Intent = "{}" }, open => open.Count < 3, default))));
        Assert.That(asked.Count(id => id is not null), Is.EqualTo(3));
        var entries = await Catalog.Journal.ListOpenAsync(default);
        Assert.That(entries.Select(entry => (long?)entry.Id), Is.EquivalentTo(asked.Where(id => id is not null)));
        Assert.That(entries.Select(entry => entry.Entry.Intent), Is.All.EqualTo("{}"));
    }

    [Test]
    public async Task Change_tracking_is_kept_once_it_is_on()
    {
        var run = await BeginRunAsync();
        var id = await Catalog.Journal.BeginAsync(SnapshotEntry(run.Id) with { Kind = JournalKind.ChangeTracking }, default);
        Assert.That((await Catalog.Journal.ListOpenAsync(default)).Single().Entry.Kind, Is.EqualTo(JournalKind.ChangeTracking));
        await Catalog.Journal.MarkKeptAsync(id, default);
        Assert.That(await Catalog.Journal.ListOpenAsync(default), Is.Empty);
        Assert.That((await Catalog.Journal.ListOfRunAsync(run.Id, default)).Single().State, Is.EqualTo(JournalState.Kept));
        Assert.ThrowsAsync<CatalogException>(() => Catalog.Journal.MarkKeptAsync(id, default));
    }

    [Test]
    public async Task An_attach_keeps_the_proxy_the_file_and_then_the_device()
    {
        var run = await BeginRunAsync();
        var entry = SnapshotEntry(run.Id) with
        {
            Kind = JournalKind.Attach,
            SnapshotMoRef = "VirtualMachineSnapshot:snapshot-9",
            ProxyVmMoRef = "VirtualMachine:vm-7",
            FileName = "[ds1] web01/web01.vmdk",
        };
        var id = await Catalog.Journal.BeginAsync(entry, default);
        await Catalog.Journal.MarkDoneAsync(id, 2016, default);
        var record = (await Catalog.Journal.ListOpenAsync(default)).Single();
        Assert.That((record.Entry, record.DeviceKey, record.State), Is.EqualTo((entry, (int?)2016, JournalState.Done)));
    }

    [Test]
    public async Task Undone_twice_is_undone_once_but_done_twice_or_after_undone_is_refused()
    {
        var run = await BeginRunAsync();
        var id = await Catalog.Journal.BeginAsync(SnapshotEntry(run.Id), default);
        await Catalog.Journal.MarkDoneAsync(id, "s-1", default);
        Assert.That(Assert.ThrowsAsync<CatalogException>(() => Catalog.Journal.MarkDoneAsync(id, "s-2", default)).Code,
            Is.EqualTo(CatalogErrorCodes.JournalState));
        await Catalog.Journal.MarkUndoneAsync(id, default);
        var undoneAt = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromHours(1));
        await Catalog.Journal.MarkUndoneAsync(id, default);
        Assert.ThrowsAsync<CatalogException>(() => Catalog.Journal.MarkDoneAsync(id, "s-3", default));
        Assert.ThrowsAsync<CatalogException>(() => Catalog.Journal.MarkUndoneAsync(id + 1, default));
        var record = (await Catalog.Journal.ListOfRunAsync(run.Id, default)).Single();
        Assert.That((record.Entry.SnapshotMoRef, record.UndoneAt), Is.EqualTo(("s-1", (DateTimeOffset?)undoneAt)));
    }

    [Test]
    public async Task Failures_to_undo_are_counted_for_the_back_off()
    {
        var run = await BeginRunAsync();
        var id = await Catalog.Journal.BeginAsync(SnapshotEntry(run.Id), default);
        await Catalog.Journal.RecordFailureAsync(id, "locked", default);
        Time.Advance(TimeSpan.FromMinutes(1));
        await Catalog.Journal.RecordFailureAsync(id, "still locked", default);
        var record = (await Catalog.Journal.ListOpenAsync(default)).Single();
        Assert.That((record.Attempts, record.LastAttemptAt, record.LastError), Is.EqualTo((2, (DateTimeOffset?)Time.GetUtcNow(), "still locked")));
    }

    [Test]
    public async Task A_run_without_its_lease_may_begin_nothing()
    {
        var run = await BeginRunAsync();
        Assert.That(await Catalog.Runs.TryMarkCrashedAsync(run.Lease, default), Is.True);
        foreach (var runId in new[] { run.Id, "no-such-run" })
        {
            var exception = Assert.ThrowsAsync<CatalogException>(() => Catalog.Journal.BeginAsync(SnapshotEntry(runId), default));
            Assert.That(exception.Code, Is.EqualTo(CatalogErrorCodes.LeaseLost));
            Assert.That(exception.Message, Does.Contain(runId).And.Contain("web01"));
        }

        Assert.That(await Catalog.Journal.ListOpenAsync(default), Is.Empty);
    }

    [Test]
    public async Task A_janitor_takes_over_from_a_dead_owner_who_then_finds_its_lease_lost()
    {
        var run = await BeginRunAsync();
        await Catalog.Journal.BeginAsync(SnapshotEntry(run.Id), default);
        var observed = (await Catalog.Journal.ListOpenAsync(default)).Single();
        var janitor = await BeginRunAsync(RunKind.Janitor);
        Assert.That(await Catalog.Journal.TryTakeOverAsync(observed, janitor.Id, default), Is.True);

        var taken = (await Catalog.Journal.ListOpenAsync(default)).Single();
        Assert.That((taken.Entry.RunId, taken.Owner.RunId), Is.EqualTo((run.Id, janitor.Id)));
        Assert.That((await Catalog.Runs.FindAsync(run.Id, default))!.Outcome, Is.EqualTo(RunOutcome.Crashed));
        Assert.That(await Catalog.Runs.HeartbeatAsync(run.Id, default), Is.False);
        Assert.That(await Catalog.Runs.EndAsync(run.Id, RunOutcome.Succeeded, null, null, default), Is.False);
    }

    [Test]
    public async Task An_owner_that_gave_a_sign_of_life_keeps_its_entries()
    {
        var run = await BeginRunAsync();
        await Catalog.Journal.BeginAsync(SnapshotEntry(run.Id), default);
        var observed = (await Catalog.Journal.ListOpenAsync(default)).Single();
        Time.Advance(TimeSpan.FromMinutes(3));
        Assert.That(await Catalog.Runs.HeartbeatAsync(run.Id, default), Is.True);
        var janitor = await BeginRunAsync(RunKind.Janitor);
        Assert.That(await Catalog.Journal.TryTakeOverAsync(observed, janitor.Id, default), Is.False);
        Assert.That((await Catalog.Journal.ListOpenAsync(default)).Single().Owner.RunId, Is.EqualTo(run.Id));
    }

    [Test]
    public async Task What_an_ended_run_left_is_free_for_one_janitor_and_a_dead_janitors_for_the_next()
    {
        var run = await BeginRunAsync();
        await Catalog.Journal.BeginAsync(SnapshotEntry(run.Id), default);
        await Catalog.Runs.EndAsync(run.Id, RunOutcome.Failed, "VC_TASK_FAILED", "snapshot stays", default);
        var observed = (await Catalog.Journal.ListOpenAsync(default)).Single();
        Assert.That(observed.Owner.IsRunning, Is.False);
        var janitors = await Task.WhenAll(BeginRunAsync(RunKind.Janitor), BeginRunAsync(RunKind.Janitor), BeginRunAsync(RunKind.Janitor));
        var taken = await Task.WhenAll(janitors.Select(janitor => Task.Run(() => Catalog.Journal.TryTakeOverAsync(observed, janitor.Id, default))));
        Assert.That(taken.Count(won => won), Is.EqualTo(1));

        var next = await BeginRunAsync(RunKind.Janitor);
        var again = (await Catalog.Journal.ListOpenAsync(default)).Single();
        Assert.That(await Catalog.Journal.TryTakeOverAsync(again, next.Id, default), Is.True);
    }

    [Test]
    public async Task Two_connections_journal_at_once_and_lose_nothing()
    {
        await using var other = await OpenAsync();
        var run = await BeginRunAsync();
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var journal = (worker % 2 == 0 ? Catalog : other).Journal;
            var mine = new List<long>();
            for (var i = 0; i < 10; i++)
            {
                var id = await journal.BeginAsync(SnapshotEntry(run.Id) with { Mark = $"{worker}-{i}" }, default);
                await journal.MarkDoneAsync(id, $"s-{worker}-{i}", default);
                mine.Add(id);
            }

            return mine;
        })));
        var open = await other.Journal.ListOpenAsync(default);
        Assert.That(open.Select(entry => entry.Id), Is.EquivalentTo(ids.SelectMany(x => x)).And.Ordered);
        Assert.That(open.Select(entry => "s-" + entry.Entry.Mark), Is.EqualTo(open.Select(entry => entry.Entry.SnapshotMoRef)));
    }
}
