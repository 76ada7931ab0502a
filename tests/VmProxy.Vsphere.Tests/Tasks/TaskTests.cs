namespace VmProxy.Vsphere.Tests.Tasks;

public sealed class TaskTests
{
    static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task A_wait_costs_a_few_calls_and_does_not_poll()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("delay-task:CreateSnapshotEx_Task:2");
        using var requests = new Requests(lab.Server.Url);
        await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        Assert.That(requests.Count, Is.LessThan(14));
    }

    [Test]
    public async Task A_canceled_wait_cancels_the_task()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("hang-task:CreateSnapshotEx_Task");
        using var cancel = new CancellationTokenSource();
        var creating = lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, cancel.Token);
        await cancel.CancelAfterFaultAsync(lab);
        Assert.That(async () => await creating, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await lab.Connection.Snapshots.FindAsync(vm.Id, "ours", "run", None), Is.Null, "the task ended, and made nothing");
    }

    [Test]
    public async Task A_task_whose_start_is_under_way_when_it_is_cancelled_is_cancelled_as_well()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("hang-task:CreateSnapshotEx_Task");
        lab.Server.Control.ArmFault("delay:CreateSnapshotEx_Task:1");
        using var cancel = new CancellationTokenSource();
        var creating = lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, cancel.Token);
        while (lab.Server.Control.ArmedFaults.Count == 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, None);
        }

        await cancel.CancelAsync();
        Assert.That(async () => await creating, Throws.InstanceOf<OperationCanceledException>());
        var found = lab.Connection.Snapshots.FindAsync(vm.Id, "ours", "run", None).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
        Assert.That(await found, Is.Null, "the task ended, and made nothing");
    }

    [Test]
    public async Task A_task_that_takes_too_long_is_canceled_and_told()
    {
        await using var lab = await Lab.StartAsync(connect: options => options with { TaskTimeout = TimeSpan.FromSeconds(1) });
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("hang-task:CreateSnapshotEx_Task");
        var failure = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.Timeout));
        Assert.That(await lab.Connection.Snapshots.FindAsync(vm.Id, "ours", "run", None), Is.Null);
    }

    [Test]
    public async Task A_failed_task_tells_fault_and_words_of_the_server()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("fail-task:CreateSnapshotEx_Task:GenericVmConfigFault");
        var failure = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.TaskFailed));
        Assert.That(failure.FaultType, Is.EqualTo("GenericVmConfigFault"));
        Assert.That(failure.Message, Does.Contain("Injected by the lab").And.Contain("web"));
    }

    [TestCase("HostNotConnected", VsphereErrorCodes.HostUnreachable)]
    [TestCase("HostCommunication", VsphereErrorCodes.HostUnreachable)]
    [TestCase("InvalidPowerState", VsphereErrorCodes.InvalidState)]
    [TestCase("RequestCanceled", VsphereErrorCodes.TaskCanceled)]
    [TestCase("TooManySnapshotLevels", VsphereErrorCodes.SnapshotTooDeep)]
    [TestCase("SnapshotFault", VsphereErrorCodes.SnapshotRefused)]
    [TestCase("FileLocked", VsphereErrorCodes.FileLocked)]
    public async Task A_fault_of_a_task_has_its_own_code(string fault, string code)
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault($"fail-task:CreateSnapshotEx_Task:{fault}", count: 10);
        var failure = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None));
        Assert.That((failure!.Code, failure.FaultType), Is.EqualTo((code, fault)));
        Assert.That(failure.Message, Does.Contain("web"));
    }

    [Test]
    public async Task A_fault_of_a_call_that_means_nothing_else_is_a_failed_call()
    {
        await using var lab = await Lab.StartAsync();
        lab.Server.Control.ArmFault("fault:RetrievePropertiesEx:RuntimeFault", count: 10);
        var failure = Assert.ThrowsAsync<VsphereException>(async () => await lab.Connection.ReadInventoryAsync(None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.CallFailed));
    }

    [Test]
    public async Task A_task_whose_object_is_gone_failed_and_is_no_lost_task()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("fail-task:CreateSnapshotEx_Task:ManagedObjectNotFound");
        var failure = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.ObjectGone));
    }

    [Test]
    public async Task A_busy_object_is_given_up_in_the_end()
    {
        await using var lab = await Lab.StartAsync(connect: options => options with { BusyLimit = TimeSpan.FromMilliseconds(300) });
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("fail-task:CreateSnapshotEx_Task:TaskInProgress", count: 1000);
        var failure = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.TaskInProgress));
    }
}

static class Cancellation
{
    /// <summary>Cancels once every armed fault has struck.</summary>
    public static async Task CancelAfterFaultAsync(this CancellationTokenSource source, Lab lab)
    {
        while (lab.Server.Control.ArmedFaults.Count > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        await source.CancelAsync();
    }
}
