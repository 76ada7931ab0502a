using Microsoft.Extensions.Logging.Abstractions;
using VmProxy.Testing;
using VmProxy.Vsphere;
using static VmProxy.Transports.Tests.TestInventory;

namespace VmProxy.Transports.Tests.HotAdd;

/// <summary>Requirement 8: journal first, attach, read, detach before anything else, and no disk left behind without a record.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class HotAddTransportTests : IDisposable
{
    readonly TempFolder _folder = new();
    readonly RecordingJournal _journal = new();
    readonly FolderProxyDisks _disks;
    readonly HotAddTransport _transport;
    readonly SnapshotDiskRequest _request = new(Vm, Snapshot, Disk);

    public HotAddTransportTests()
    {
        _disks = new FolderProxyDisks(_folder.Path, _journal);
        _transport = new HotAddTransport(
            _disks,
            With(Proxy),
            new HotAddOptions { ProxyVm = "proxy", DeviceFolder = _folder.Path, SystemRoot = "/nowhere", DeviceTimeout = TimeSpan.FromMilliseconds(300) },
            _journal,
            TimeProvider.System,
            NullLogger.Instance);
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task A_disk_is_journalled_attached_read_and_detached_in_this_order()
    {
        await using (var disk = await _transport.OpenAsync(_request, CancellationToken.None))
        {
            var read = new byte[disk.Device.Length];
            await disk.Device.ReadAsync(0, read, CancellationToken.None);
            Assert.That(read, Is.EqualTo(_disks.Content));
            Assert.That(disk.Transport, Is.EqualTo("hotadd"));
            Assert.That(_journal.Open.Single(), Is.EqualTo(new AttachIntent(Vm, Proxy.Id, Snapshot, Disk.FileName)));
        }

        Assert.That(_journal.Events, Is.EqualTo(new[] { "planned", "attach", "attached 2016", "detach", "detached" }));
        Assert.That(_journal.Open, Is.Empty);
    }

    [Test]
    public async Task Disposing_twice_detaches_once()
    {
        var disk = await _transport.OpenAsync(_request, CancellationToken.None);
        await disk.DisposeAsync();
        await disk.DisposeAsync();
        Assert.That(_journal.Events.Count(what => what == "detach"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_device_that_appears_late_is_waited_for()
    {
        _disks.Appear = path =>
        {
            _ = Task.Run(async () =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(120), TimeProvider.System);
                await File.WriteAllBytesAsync(path + ".new", _disks.Content);
                File.Move(path + ".new", path);
            });
            return Task.CompletedTask;
        };
        await using var disk = await _transport.OpenAsync(_request, CancellationToken.None);
        Assert.That(disk.Device.Length, Is.EqualTo(Disk.CapacityBytes));
    }

    [Test]
    public async Task A_device_that_never_appears_is_an_error_and_the_disk_is_detached()
    {
        _disks.Appear = _ => Task.CompletedTask;
        var error = await ExpectAsync(TransportCodes.DeviceNotFound);
        Assert.That(error.Message, Does.Contain(DeviceName).And.Contain("Hard disk 1 of mail").And.Contain("disk.EnableUUID"));
        ExpectNothingLeft();
    }

    [Test]
    public async Task A_device_of_another_size_is_not_read()
    {
        _disks.Appear = path => File.WriteAllBytesAsync(path, new byte[Disk.CapacityBytes + 512]);
        await ExpectAsync(TransportCodes.DeviceWrongSize);
        ExpectNothingLeft();
    }

    [Test]
    public async Task A_device_that_cannot_be_opened_is_named()
    {
        _disks.Appear = path =>
        {
            Directory.CreateDirectory(path);
            return Task.CompletedTask;
        };
        await ExpectAsync(TransportCodes.DeviceNotReadable);
        ExpectNothingLeft();
    }

    [Test]
    public async Task A_name_that_is_there_before_the_attach_is_never_trusted()
    {
        await File.WriteAllBytesAsync(_folder[DeviceName], new byte[Disk.CapacityBytes]);
        await ExpectAsync(TransportCodes.DeviceExists);
        Assert.That(_journal.Events, Is.Empty, "nothing was changed");
    }

    [Test]
    public async Task Two_disks_with_one_uuid_are_not_open_at_once()
    {
        await using (await _transport.OpenAsync(_request, CancellationToken.None))
        {
            await ExpectAsync(TransportCodes.DeviceExists);
        }

        await using var again = await _transport.OpenAsync(_request, CancellationToken.None);
        Assert.That(again.Device.Length, Is.EqualTo(Disk.CapacityBytes));
    }

    [TestCase(VsphereErrorCodes.DiskAlreadyAttached, TransportCodes.AttachFailed)]
    [TestCase(VsphereErrorCodes.NoFreeUnit, TransportCodes.NoFreeSlot)]
    public async Task A_refusal_before_any_change_closes_the_entry_whatever_is_attached(string code, string told)
    {
        _disks.AttachFailure = Failure(code);
        _disks.AttachesAllTheSame = true;
        await ExpectAsync(told);
        Assert.That(_journal.Open, Is.Empty, "what is attached is another's: the janitor must not touch it");
    }

    [Test]
    public async Task A_failed_attach_closes_its_entry_once_vCenter_shows_no_disk()
    {
        _disks.AttachFailure = Failure(VsphereErrorCodes.TaskFailed);
        var error = await ExpectAsync(TransportCodes.AttachFailed);
        Assert.That(error.InnerException, Is.SameAs(_disks.AttachFailure));
        Assert.That(_journal.Open, Is.Empty);
    }

    [Test]
    public async Task A_failed_attach_that_left_the_disk_keeps_its_entry()
    {
        _disks.AttachFailure = Failure(VsphereErrorCodes.DiskNotAsExpected);
        _disks.AttachesAllTheSame = true;
        await ExpectAsync(TransportCodes.AttachFailed);
        Assert.That(_journal.Open, Has.Count.EqualTo(1));
    }

    [TestCase(VsphereErrorCodes.OutcomeUnknown)]
    [TestCase(VsphereErrorCodes.Timeout)]
    [TestCase(VsphereErrorCodes.Unreachable)]
    [TestCase(VsphereErrorCodes.SessionLost)]
    public async Task An_attach_that_may_still_happen_keeps_its_entry(string code)
    {
        _disks.AttachFailure = Failure(code);
        await ExpectAsync(TransportCodes.AttachFailed);
        Assert.That(_journal.Open, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_disk_whose_attach_cannot_be_recorded_is_detached_and_its_entry_stays()
    {
        _journal.AttachedFailure = new IOException("the catalog is full");
        Assert.That(async () => await _transport.OpenAsync(_request, CancellationToken.None), Throws.InstanceOf<IOException>());
        Assert.That(_disks.Attached, Is.Empty);
        Assert.That(_journal.Open, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_failed_detach_has_a_code_and_keeps_its_entry()
    {
        var disk = await _transport.OpenAsync(_request, CancellationToken.None);
        _disks.DetachFailure = Failure(VsphereErrorCodes.TaskInProgress);
        var error = Assert.ThrowsAsync<TransportException>(async () => await disk.DisposeAsync());
        Assert.That(error!.Code, Is.EqualTo(TransportCodes.DetachFailed));
        Assert.That(error.Message, Does.Contain("janitor"));
        Assert.That(_journal.Open, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task When_detaching_after_a_failure_fails_too_the_first_is_told_and_the_entry_stays()
    {
        _disks.Appear = _ => Task.CompletedTask;
        _disks.DetachFailure = Failure(VsphereErrorCodes.TaskInProgress);
        await ExpectAsync(TransportCodes.DeviceNotFound);
        Assert.That(_journal.Open, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Cancelling_while_waiting_for_the_device_detaches()
    {
        using var source = new CancellationTokenSource();
        _disks.Appear = _ => source.CancelAsync();
        try
        {
            await _transport.OpenAsync(_request, source.Token);
            Assert.Fail("It was cancelled.");
        }
        catch (OperationCanceledException)
        {
        }

        ExpectNothingLeft();
    }

    [Test]
    public void An_unusable_disk_is_refused_before_any_change()
    {
        var request = _request with { Disk = Disk with { DiskMode = "independent_persistent" } };
        var error = Assert.ThrowsAsync<TransportException>(async () => await _transport.OpenAsync(request, CancellationToken.None));
        Assert.That(error!.Code, Is.EqualTo(TransportCodes.DiskIndependent));
        Assert.That(_journal.Events, Is.Empty);
    }

    static VsphereException Failure(string code) => new(code, "proxy", "reconfiguring", "it said no.", "Ask again.");

    async Task<TransportException> ExpectAsync(string code)
    {
        try
        {
            await using var disk = await _transport.OpenAsync(_request, CancellationToken.None);
        }
        catch (TransportException exception)
        {
            Assert.That(exception.Code, Is.EqualTo(code), exception.Message);
            return exception;
        }

        throw new AssertionException($"{code} was expected.");
    }

    void ExpectNothingLeft()
    {
        Assert.That(_disks.Attached, Is.Empty);
        Assert.That(_journal.Open, Is.Empty);
    }
}
