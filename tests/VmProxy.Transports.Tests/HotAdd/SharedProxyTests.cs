using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmProxy.Testing;
using VmProxy.Vsphere;
using static VmProxy.Transports.Tests.TestInventory;

namespace VmProxy.Transports.Tests.HotAdd;

/// <summary>Jobs share the proxy's places and take turns at changing it.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class SharedProxyTests : IDisposable
{
    readonly TempFolder _folder = new();
    readonly RecordingJournal _journal = new();
    readonly CountedSlots _slots = new();
    readonly FakeTimeProvider _time = new();
    readonly FolderProxyDisks _disks;
    readonly SnapshotDiskRequest _request = new(Vm, Snapshot, Disk);

    public SharedProxyTests() => _disks = new FolderProxyDisks(_folder.Path, _journal);

    public void Dispose() => _folder.Dispose();

    [TestCase(16, 15)]
    [TestCase(4, 4)]
    public async Task A_disk_takes_one_of_the_places_that_there_are_and_gives_it_back(int allowed, int places)
    {
        await using (await Transport(allowed).OpenAsync(_request, CancellationToken.None))
        {
            Assert.That((_slots.Asked, _slots.Taken), Is.EqualTo((places, 1)));
        }

        Assert.That(_slots.Taken, Is.Zero);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_failure_gives_the_place_back(bool attaching)
    {
        var failure = new VsphereException(VsphereErrorCodes.TaskFailed, "proxy", "reconfiguring", "it said no.", "");
        _disks.AttachFailure = attaching ? failure : null;
        _disks.DetachFailure = attaching ? null : failure;
        Assert.ThrowsAsync<TransportException>(async () => await (await Transport().OpenAsync(_request, CancellationToken.None)).DisposeAsync());
        Assert.That(_slots.Taken, Is.Zero);
    }

    [Test]
    public void Without_a_place_in_time_nothing_is_changed()
    {
        _slots.Free = new TaskCompletionSource();
        var opening = Transport().OpenAsync(_request, CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(31));
        var error = Assert.ThrowsAsync<TransportException>(async () => await opening);
        Assert.That(error!.Code, Is.EqualTo(TransportCodes.NoFreeSlot));
        Assert.That(_journal.Events, Is.Empty);
    }

    [Test]
    public void Cancelling_while_waiting_for_a_turn_closes_the_entry_for_nothing_was_asked_for()
    {
        _disks.TurnComes = new TaskCompletionSource().Task;
        using var source = new CancellationTokenSource();
        var opening = Transport().OpenAsync(_request, source.Token);
        Assert.That(_journal.Events, Is.EqualTo(new[] { "planned" }));
        source.Cancel();
        Assert.That(async () => await opening, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_journal.Open, Is.Empty);
        Assert.That(_slots.Taken, Is.Zero);
    }

    [Test]
    public async Task A_turn_that_never_comes_leaves_the_disk_to_the_janitor_instead_of_holding_the_backup_and_its_snapshot_for_ever()
    {
        var opened = await Transport().OpenAsync(_request, CancellationToken.None);
        _disks.TurnComes = new TaskCompletionSource().Task;
        var closing = opened.DisposeAsync().AsTask();
        _time.Advance(TimeSpan.FromMinutes(11));
        var error = Assert.ThrowsAsync<TransportException>(() => closing.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.That(error!.Code, Is.EqualTo(TransportCodes.DetachFailed));
        Assert.That(_journal.Open, Has.Count.EqualTo(1));
        Assert.That(_slots.Taken, Is.Zero);
    }

    [Test]
    public void No_free_unit_in_vCenter_has_the_code_of_its_verdict()
    {
        _disks.AttachFailure = new VsphereException(VsphereErrorCodes.NoFreeUnit, "proxy", "attaching", "none is free.", "");
        var error = Assert.ThrowsAsync<TransportException>(async () => await Transport().OpenAsync(_request, CancellationToken.None));
        Assert.That(error!.Code, Is.EqualTo(TransportCodes.NoFreeSlot));
    }

    HotAddTransport Transport(int maxDisks = 16) => new(
        _disks,
        With(Proxy),
        new HotAddOptions { ProxyVm = "proxy", DeviceFolder = _folder.Path, SystemRoot = "/nowhere", MaxDisks = maxDisks },
        _journal,
        _time,
        NullLogger.Instance,
        _slots);

    sealed class CountedSlots : IProxySlots
    {
        public int Asked { get; private set; }

        public int Taken { get; private set; }

        public TaskCompletionSource? Free { get; set; }

        public async Task<IAsyncDisposable> TakeAsync(ObjectId proxyVm, int slots, CancellationToken cancellationToken)
        {
            Asked = slots;
            await (Free?.Task ?? Task.CompletedTask).WaitAsync(cancellationToken);
            Taken++;
            return new Slot(this);
        }

        sealed class Slot(CountedSlots slots) : IAsyncDisposable
        {
            public ValueTask DisposeAsync()
            {
                slots.Taken--;
                return ValueTask.CompletedTask;
            }
        }
    }
}
