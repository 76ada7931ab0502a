namespace VmProxy.Transports.Tests.HotAdd;

/// <summary>Hot-add against a vCenter that misbehaves. Whatever happens, a disk that stays attached has an open journal entry.</summary>
[Parallelizable(ParallelScope.Children)]
sealed class LabHotAddTests
{
    [Test]
    public async Task All_disks_of_a_VM_are_read_at_once_as_the_snapshot_froze_them()
    {
        await using var lab = await LabHotAdd.StartAsync(snapshots: 2);
        var opened = await Task.WhenAll(lab.Requests.Select(request => lab.Transport.OpenAsync(request, CancellationToken.None)));
        Assert.That(lab.Lent.Select(disk => disk.Mode), Has.Exactly(LabHotAdd.Disks).EqualTo("independent_nonpersistent"));
        for (var disk = 0; disk < LabHotAdd.Disks; disk++)
        {
            var read = new byte[LabHotAdd.DiskBytes];
            await opened[disk].Device.ReadAsync(0, read, CancellationToken.None);
            Assert.That(read.AsSpan().SequenceEqual(lab.Content(disk)), Is.True, $"disk {disk}");
        }

        await Task.WhenAll(opened.Select(disk => disk.DisposeAsync().AsTask()));
        ExpectNothingLeft(lab);
        await lab.Vcenter.Snapshots.RemoveAsync(lab.Requests[0].Vm.Id, lab.Requests[0].Snapshot, CancellationToken.None);
    }

    [Test]
    public async Task A_slow_device_is_waited_for()
    {
        await using var lab = await LabHotAdd.StartAsync();
        lab.Lab.Control.ArmFault("slow-attach:0.5");
        await using (var disk = await lab.Transport.OpenAsync(lab.Requests[0], CancellationToken.None))
        {
            Assert.That(disk.Device.Length, Is.EqualTo(LabHotAdd.DiskBytes));
        }

        ExpectNothingLeft(lab);
    }

    [TestCase("device-never-appears", TransportCodes.DeviceNotFound)]
    [TestCase("device-wrong-size", TransportCodes.DeviceWrongSize)]
    [TestCase("fail-task:ReconfigVM:InvalidDeviceSpec", TransportCodes.AttachFailed)]
    public async Task A_failure_before_the_first_byte_leaves_nothing_attached(string fault, string code)
    {
        await using var lab = await LabHotAdd.StartAsync(change: options => options with { DeviceTimeout = TimeSpan.FromMilliseconds(500) });
        lab.Lab.Control.ArmFault(fault);
        await ExpectAsync(lab, code);
        ExpectNothingLeft(lab);
        await (await lab.Transport.OpenAsync(lab.Requests[0], CancellationToken.None)).DisposeAsync();
        ExpectNothingLeft(lab);
    }

    [Test]
    public async Task An_attach_that_happened_although_its_task_failed_is_accounted_for()
    {
        await using var lab = await LabHotAdd.StartAsync();
        lab.Lab.Control.ArmFault("fail-task-late:ReconfigVM:InvalidDeviceSpec");
        await ExpectAsync(lab, TransportCodes.AttachFailed);
        Assert.That(lab.Journal.Open, Has.Count.EqualTo(lab.Lent.Count()), "what is attached has an entry, and only that");
    }

    [Test]
    public async Task A_disk_that_cannot_be_detached_stays_in_the_journal()
    {
        await using var lab = await LabHotAdd.StartAsync();
        var disk = await lab.Transport.OpenAsync(lab.Requests[0], CancellationToken.None);
        lab.Lab.Control.ArmFault("fail-task:ReconfigVM:InvalidDeviceSpec", count: 10);
        var error = Assert.ThrowsAsync<TransportException>(async () => await disk.DisposeAsync());
        Assert.That(error!.Code, Is.EqualTo(TransportCodes.DetachFailed));
        Assert.That(lab.Lent.Select(lent => lent.FileName), Is.EqualTo(new[] { lab.Requests[0].Disk.FileName }));
        Assert.That(lab.Journal.Open.Single().FileName, Is.EqualTo(lab.Requests[0].Disk.FileName));
    }

    [Test]
    public async Task An_attach_that_never_ends_is_given_up_and_stays_in_the_journal()
    {
        await using var lab = await LabHotAdd.StartAsync(change: options => options with { ChangeTimeout = TimeSpan.FromMilliseconds(500) });
        lab.Lab.Control.ArmFault("hang-task:ReconfigVM");
        await ExpectAsync(lab, TransportCodes.AttachFailed);
        Assert.That(lab.Journal.Open, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Cancelling_an_attach_that_hangs_ends_after_the_grace()
    {
        await using var lab = await LabHotAdd.StartAsync(change: options => options with { CancelGrace = TimeSpan.FromMilliseconds(200) });
        lab.Lab.Control.ArmFault("hang-task:ReconfigVM");
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        Assert.That(
            async () => await lab.Transport.OpenAsync(lab.Requests[0], source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(lab.Journal.Open, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Cancelling_an_attach_that_ends_within_the_grace_leaves_nothing()
    {
        await using var lab = await LabHotAdd.StartAsync();
        lab.Lab.Control.ArmFault("delay-task:ReconfigVM:0.5");
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        Assert.That(
            async () => await lab.Transport.OpenAsync(lab.Requests[0], source.Token), Throws.InstanceOf<OperationCanceledException>());
        ExpectNothingLeft(lab);
    }

    [TestCase("drop-connection:ReconfigVM:after")]
    [TestCase("drop-connection:ReconfigVM")]
    [TestCase("expire-session:ReconfigVM")]
    [TestCase("http-503:ReconfigVM")]
    public async Task A_lost_answer_does_not_attach_twice_or_leave_a_disk_unrecorded(string fault)
    {
        await using var lab = await LabHotAdd.StartAsync();
        lab.Lab.Control.ArmFault(fault);
        try
        {
            await using var disk = await lab.Transport.OpenAsync(lab.Requests[0], CancellationToken.None);
            Assert.That(lab.Lent.Count(), Is.EqualTo(1));
        }
        catch (TransportException exception)
        {
            Assert.That(exception.Code, Is.EqualTo(TransportCodes.AttachFailed));
        }

        Assert.That(lab.Lent.Select(lent => lent.FileName), Is.SubsetOf(lab.Journal.Open.Select(intent => intent.FileName)));
    }

    [Test]
    public async Task A_session_that_ends_while_the_disk_is_read_does_not_keep_it_attached()
    {
        await using var lab = await LabHotAdd.StartAsync();
        await using (await lab.Transport.OpenAsync(lab.Requests[0], CancellationToken.None))
        {
            lab.Lab.Control.ExpireSessions();
        }

        ExpectNothingLeft(lab);
    }

    [Test]
    public async Task A_disk_that_the_operator_detached_is_no_failure()
    {
        await using var lab = await LabHotAdd.StartAsync();
        await using (await lab.Transport.OpenAsync(lab.Requests[0], CancellationToken.None))
        {
            lab.Lab.Control.Operator.DetachForeignDisks("vmproxy");
        }

        ExpectNothingLeft(lab);
    }

    static async Task ExpectAsync(LabHotAdd lab, string code)
    {
        try
        {
            await using var disk = await lab.Transport.OpenAsync(lab.Requests[0], CancellationToken.None);
        }
        catch (TransportException exception)
        {
            Assert.That(exception.Code, Is.EqualTo(code), exception.Message);
            return;
        }

        Assert.Fail($"{code} was expected.");
    }

    static void ExpectNothingLeft(LabHotAdd lab)
    {
        Assert.That(lab.Lent, Is.Empty);
        Assert.That(lab.Journal.Open, Is.Empty);
    }
}
