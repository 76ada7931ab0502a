using Microsoft.Extensions.Time.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>Deleting, holding and pruning, one step at a time.</summary>
public sealed class PruneTests
{
    static readonly PruneOptions Now = new() { Grace = TimeSpan.Zero };
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero));
    MemoryObjectStore _store = null!;
    BackupRepository _repository = null!;

    [SetUp]
    public async Task Make()
    {
        _store = new MemoryObjectStore(_time);
        _repository = await RepositoryOpening.InitializeAsync(_store, TestRepository.Passphrase, TestRepository.Options, _time, TestRepository.Small, default);
    }

    [TearDown]
    public async Task Drop() => await _repository.DisposeAsync();

    [Test]
    public async Task A_deleted_point_frees_what_only_it_used()
    {
        var shared = TestRepository.Content(1, 200_000);
        var other = (byte[])shared.Clone();
        new Random(2).NextBytes(other.AsSpan(0, 100_000));
        var (first, _) = await TestRepository.WriteAsync(_repository, shared);
        var before = _store.TotalLength;
        var (second, _) = await TestRepository.WriteAsync(_repository, other);
        await _repository.DeletePointAsync(second.Id, default);
        Assert.That((await _repository.ListPointsAsync(default)).Select(point => point.Id), Is.EqualTo([first.Id]));
        Assert.That((await _repository.ListPointsAsync(default)).Trashed, Has.Count.EqualTo(1));
        Assert.That(async () => await _repository.ReadPointAsync(second.Id, default), Failing(RepositoryErrorCodes.PointNotFound));

        var report = await _repository.PruneAsync(Now, null, default);
        Assert.That(report.PointsRemoved, Is.EqualTo(1));
        Assert.That(report.Deleted.Count, Is.GreaterThan(3));
        Assert.That(report.Deleted, Is.EqualTo(report.Condemned));
        Assert.That(_store.TotalLength, Is.LessThan(before + 10_000));
        Assert.That(_store.Names.Where(name => name.StartsWith("trash/", StringComparison.Ordinal) || name.StartsWith("condemned/", StringComparison.Ordinal)), Is.Empty);
        await ExpectAsync(first, shared);
    }

    [Test]
    public async Task Packs_of_which_little_is_used_are_rewritten_and_deleted()
    {
        var old = new byte[200_000];
        new Random(1).NextBytes(old);
        var (first, _) = await TestRepository.WriteAsync(_repository, old);
        var next = new byte[200_000];
        new Random(2).NextBytes(next);
        for (var chunk = 0; chunk < 390; chunk += 10)
        {
            old.AsSpan(chunk * 512, 512).CopyTo(next.AsSpan(chunk * 512));
        }

        var (second, _) = await TestRepository.WriteAsync(_repository, next);
        await _repository.DeletePointAsync(first.Id, default);
        var report = await _repository.PruneAsync(Now, null, default);
        Assert.That(report.Rewritten.Count, Is.GreaterThan(5));
        Assert.That(report.Written.Bytes, Is.LessThan(report.Rewritten.Bytes / 4));
        Assert.That(report.Deleted.Bytes, Is.GreaterThanOrEqualTo(report.Rewritten.Bytes));
        await ExpectAsync(second, next);
        await using var opened = await TestRepository.OpenAsync(_store);
        Assert.That(await TestRepository.ReadAsync(opened, second), Is.EqualTo(next));
    }

    [Test]
    public async Task With_grace_packs_stay_readable_and_go_later()
    {
        var (first, _) = await TestRepository.WriteAsync(_repository, TestRepository.Content(1, 100_000));
        await _repository.DeletePointAsync(first.Id, default);
        _time.Advance(TimeSpan.FromHours(25));
        var options = new PruneOptions();
        var report = await _repository.PruneAsync(options, null, default);
        Assert.That(report.Condemned.Count, Is.GreaterThan(0));
        Assert.That(report.Deleted.Count, Is.Zero);
        Assert.That(report.NextDue, Is.EqualTo(_time.GetUtcNow() + TimeSpan.FromHours(24)));
        _time.Advance(TimeSpan.FromHours(23));
        Assert.That((await _repository.PruneAsync(options, null, default)).Deleted.Count, Is.Zero);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.That((await _repository.PruneAsync(options, null, default)).Deleted, Is.EqualTo(report.Condemned));
        Assert.That(_store.Names.Any(name => name.StartsWith("data/", StringComparison.Ordinal)), Is.False);
    }

    [Test]
    public async Task A_dry_run_tells_and_changes_nothing()
    {
        var (first, _) = await TestRepository.WriteAsync(_repository, TestRepository.Content(1, 100_000));
        await _repository.DeletePointAsync(first.Id, default);
        var names = _store.Names;
        var dry = await _repository.PruneAsync(Now with { DryRun = true }, null, default);
        Assert.That(_store.Names, Is.EqualTo(names));
        var wet = await _repository.PruneAsync(Now, null, default);
        Assert.That(dry.Condemned, Is.EqualTo(wet.Condemned));
        Assert.That(dry.PointsRemoved, Is.EqualTo(1));
    }

    [Test]
    public async Task A_running_backup_keeps_its_base_and_what_it_refers_to()
    {
        var content = TestRepository.Content(1, 100_000);
        var (first, _) = await TestRepository.WriteAsync(_repository, content);
        await using var session = await _repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = content.Length, Base = first.Disks[0].Map, BasePoint = first.Id });
        var changed = TestRepository.Content(3, 512 * 40);
        await writer.StoreAsync(0, changed, default);
        await _repository.DeletePointAsync(first.Id, default);
        var waiting = await _repository.PruneAsync(Now, null, default);
        Assert.That(waiting.PointsWaiting, Is.EqualTo(1));
        Assert.That(waiting.WaitingFor, Has.Count.EqualTo(1));
        Assert.That(waiting.WaitingFor[0].ClosedAfter, Is.EqualTo(_time.GetUtcNow() + TimeSpan.FromHours(24)));
        var point = await session.CommitAsync(TestRepository.Manifest(await writer.CompleteAsync(default)), default);
        changed.CopyTo(content.AsSpan());
        var after = await _repository.PruneAsync(Now, null, default);
        Assert.That(after.PointsRemoved, Is.EqualTo(1));
        await _repository.PruneAsync(Now, null, default);
        await ExpectAsync(point, content);
    }

    [Test]
    public async Task A_backup_on_a_deleted_point_is_refused([Values] bool isNamed)
    {
        var content = TestRepository.Content(1, 100_000);
        var (first, _) = await TestRepository.WriteAsync(_repository, content);
        await _repository.DeletePointAsync(first.Id, default);
        await using var session = await _repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(
            new DiskWriterOptions { Length = content.Length, Base = first.Disks[0].Map, BasePoint = isNamed ? first.Id : null });
        var map = await writer.CompleteAsync(default);
        Assert.That(async () => await session.CommitAsync(TestRepository.Manifest(map), default), Failing(RepositoryErrorCodes.BaseGone));
        Assert.That(await _repository.ListPointsAsync(default), Is.Empty);
    }

    [Test]
    public async Task A_silent_backup_is_closed_and_cannot_commit()
    {
        var content = TestRepository.Content(1, 100_000);
        await using var session = await _repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = content.Length });
        await writer.StoreAsync(0, content, default);
        var map = await writer.CompleteAsync(default);
        _time.Advance(TimeSpan.FromHours(25));
        var report = await _repository.PruneAsync(Now, null, default);
        Assert.That(report.SessionsClosed, Is.EqualTo(1));
        Assert.That(async () => await session.CommitAsync(TestRepository.Manifest(map), default), Failing(RepositoryErrorCodes.SessionExpired));
        Assert.That(await _repository.ListPointsAsync(default), Is.Empty);
    }

    [Test]
    public async Task A_backup_that_shows_that_it_lives_is_not_closed()
    {
        var content = TestRepository.Content(1, 100 * 512);
        await using var session = await _repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = content.Length });
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            await writer.StoreAsync(i * 512, content.AsMemory(i * 512, 512), default);
            Assert.That((await _repository.PruneAsync(Now, null, default)).SessionsClosed, Is.Zero);
        }

        await ExpectAsync(await session.CommitAsync(TestRepository.Manifest(await writer.CompleteAsync(default)), default), content);
        Assert.That(_store.Names.Any(name => name.StartsWith("sessions/", StringComparison.Ordinal)), Is.False);
    }

    [Test]
    public async Task A_held_point_cannot_be_deleted_until_it_is_released()
    {
        var (point, _) = await TestRepository.WriteAsync(_repository, TestRepository.Content(1, 10_000));
        await _repository.HoldPointAsync(point.Id, "audit", default);
        Assert.That((await _repository.ListHoldsAsync(default)).Select(hold => (hold.Point, hold.Reason)), Is.EqualTo([(point.Id, "audit")]));
        Assert.That(async () => await _repository.DeletePointAsync(point.Id, default), Failing(RepositoryErrorCodes.PointHeld));
        await _repository.ReleasePointAsync(point.Id, default);
        await _repository.DeletePointAsync(point.Id, default);
        Assert.That(async () => await _repository.HoldPointAsync(point.Id, "late", default), Failing(RepositoryErrorCodes.PointNotFound));
        Assert.That(await _repository.ListHoldsAsync(default), Is.Empty);
    }

    [Test]
    public async Task Nothing_is_deleted_while_something_cannot_be_read()
    {
        var (first, _) = await TestRepository.WriteAsync(_repository, TestRepository.Content(1, 100_000));
        var (second, _) = await TestRepository.WriteAsync(_repository, TestRepository.Content(2, 100_000));
        await _repository.DeletePointAsync(first.Id, default);
        var late = await WriteVoidPointAsync();
        string[] unneeded = [.. new[] { first, late }.Select(point => ObjectNames.Point(_repository.Keys.PointName(point.Id)))];
        await _repository.DisposeAsync();
        var refused = 0;
        foreach (var name in _store.Names.Where(name => name.Split('/')[0] is "points" or "index" or "meta"))
        {
            var copy = _store.Clone(_time);
            var bytes = copy.Content(name);
            bytes[bytes.Length / 2] ^= 1;
            copy.Tamper(name, bytes);
            await using var opened = await RepositoryOpening.OpenAsync(copy, TestRepository.Passphrase, _time, TestRepository.Small, default);
            var before = copy.Names;
            try
            {
                // What only the deleted point uses need not be readable.
                var report = await opened.PruneAsync(Now, null, default);
                Assert.That((report.PointsRemoved, report.VoidPointsRemoved), Is.EqualTo((1, 1)));
                Assert.That(name, Does.Not.StartWith("index/"));
                Assert.That(copy.Names, Has.None.AnyOf(unneeded).And.None.StartsWith("trash/"));
                Assert.That((await opened.VerifyDiskAsync(second, TestRepository.DiskKey, null, default)).IsIntact, Is.True);
            }
            catch (RepositoryException error)
            {
                refused++;
                Assert.That(error.Code, Is.EqualTo(RepositoryErrorCodes.PruneRefused));
                Assert.That(before.Except(copy.Names), Is.Empty, $"with {name} damaged");
            }
        }

        Assert.That(refused, Is.GreaterThan(_store.Names.Count(name => name.StartsWith("index/", StringComparison.Ordinal)) + 1), "a point or a page must be among them");
        _repository = await RepositoryOpening.OpenAsync(_store, TestRepository.Passphrase, _time, TestRepository.Small, default);
    }

    [Test]
    public async Task A_deleted_point_goes_although_nobody_can_tell_whether_its_session_was_closed_in_time()
    {
        var (point, _) = await TestRepository.WriteAsync(_repository, TestRepository.Content(1, 10_000));
        await _repository.DeletePointAsync(point.Id, default);
        await _repository.Sessions.BeginClosingAsync(point.Session!, default);
        _store.Tamper("sessions/" + point.Session + ".closed", [1, 2, 3]);
        Assert.That((await _repository.PruneAsync(Now, null, default)).PointsRemoved, Is.EqualTo(1));
        Assert.That(_store.Names.Where(name => name.StartsWith("points/", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task What_a_check_sees_of_a_prune_that_was_cut_off_does_not_stay_in_the_index()
    {
        var (point, _) = await TestRepository.WriteAsync(_repository, TestRepository.Content(1, 50_000));
        await _repository.DeletePointAsync(point.Id, default);
        var hasDeleted = false;
        _store.BeforeOperation = (operation, _) =>
        {
            hasDeleted |= operation.Kind == StoreOperationKind.Delete && operation.Name.StartsWith("data/", StringComparison.Ordinal);
            return hasDeleted && operation.Kind == StoreOperationKind.List && operation.Name == "index/"
                ? throw new RepositoryException(RepositoryErrorCodes.StoreFailed, operation.Name, "cut off before the sweep")
                : ValueTask.CompletedTask;
        };
        Assert.That(async () => await _repository.PruneAsync(Now, null, default), Failing(RepositoryErrorCodes.StoreFailed));
        _store.BeforeOperation = null;
        Assert.That((await _repository.CheckAsync(new CheckOptions(), null, default)).Findings, Is.Empty);
        _time.Advance(TimeSpan.FromHours(1));
        await _repository.PruneAsync(Now, null, default);
        using var index = _repository.Index.Acquire();
        Assert.That(index.Segments.SelectMany(segment => segment.Packs).Where(pack => !_store.Contains(pack.Header.ObjectName)), Is.Empty);
    }

    [Test]
    public async Task One_at_a_time_prunes()
    {
        var (point, _) = await TestRepository.WriteAsync(_repository, TestRepository.Content(2, 10_000));
        await _repository.DeletePointAsync(point.Id, default);
        var turn = 0;
        _store.BeforeOperation = async (operation, _) =>
        {
            if (operation is { Kind: StoreOperationKind.List, Name: "condemned/" } && turn++ == 0)
            {
                await using var other = await RepositoryOpening.OpenAsync(_store, TestRepository.Passphrase, _time, TestRepository.Small, default);
                Assert.That(async () => await other.PruneAsync(Now, null, default), Failing(RepositoryErrorCodes.LeaseHeld));
                _time.Advance(TimeSpan.FromHours(1));
                await other.PruneAsync(Now, null, default);
            }
        };
        Assert.That(async () => await _repository.PruneAsync(Now, null, default), Failing(RepositoryErrorCodes.LeaseLost));
        _store.BeforeOperation = null;
        await _repository.PruneAsync(Now, null, default);
    }

    /// <summary>A point that was written after its session had been closed without it.</summary>
    async Task<RestorePoint> WriteVoidPointAsync()
    {
        var session = RandomId.Create().ToString();
        await _repository.Sessions.BeginClosingAsync(session, default);
        await _repository.Sessions.DecideAsync(session, [], default);
        var (point, _) = await _repository.PointStore.WriteAsync(new RestorePoint { Vm = new PointVm { Name = "late" }, Session = session }, default);
        return point;
    }

    async Task ExpectAsync(RestorePoint point, byte[] content)
    {
        Assert.That((await _repository.ListPointsAsync(default)).Select(listed => listed.Id), Does.Contain(point.Id));
        Assert.That((await _repository.VerifyDiskAsync(point, TestRepository.DiskKey, null, default)).IsIntact, Is.True);
        Assert.That(await TestRepository.ReadAsync(_repository, point), Is.EqualTo(content));
    }

    static NUnit.Framework.Constraints.Constraint Failing(string code) =>
        Throws.InstanceOf<RepositoryException>().With.Property(nameof(RepositoryException.Code)).EqualTo(code);
}
