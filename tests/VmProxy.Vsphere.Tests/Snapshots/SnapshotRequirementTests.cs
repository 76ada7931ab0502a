namespace VmProxy.Vsphere.Tests.Snapshots;

/// <summary>Snapshots against the lab, whose disks and chains are real.</summary>
public sealed class SnapshotRequirementTests
{
    static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task A_snapshot_tells_its_disks_change_ids_chains_and_configuration_in_one_read()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Prefer, None);
        Assert.That(created.Quiesced);
        Assert.That(created.DowngradeReason, Is.Null);

        using var requests = new Requests(lab.Server.Url);
        var state = await lab.Connection.Snapshots.ReadDisksAsync(vm.Id, created.Snapshot, None);
        Assert.That(requests.Count, Is.EqualTo(1));
        Assert.That(state.Disks.Select(disk => disk.ChangeId), Has.All.Contain("/"));
        Assert.That(state.Disks.Select(disk => disk.FileName), Is.EqualTo(vm.Disks.Select(disk => disk.FileName)));
        Assert.That(
            state.RunningChains[state.Disks[0].Key],
            Is.EqualTo(new[] { state.RunningChains[state.Disks[0].Key][0], state.Disks[0].FileName }));
        Assert.That(state.Disks[0].CapacityBytes, Is.EqualTo(8 << 20));
        Assert.That(state.ChangeTrackingEnabled);
        using var json = System.Text.Json.JsonDocument.Parse(state.ConfigJson);
        Assert.That(json.RootElement.GetProperty("instanceUuid").GetString(), Is.EqualTo(vm.InstanceUuid));
        Assert.That(json.RootElement.GetProperty("changeTrackingEnabled").GetBoolean());
        var devices = json.RootElement.GetProperty("hardware").GetProperty("device").EnumerateArray().ToArray();
        Assert.That(
            devices.Count(device => device.TryGetProperty("@type", out var type) && type.GetString() == "VirtualDisk"),
            Is.EqualTo(2));
    }

    [Test]
    public async Task A_snapshot_holds_until_an_operator_deletes_it()
    {
        await using var lab = await Lab.StartAsync();
        var (vm, state) = await SnapshotAsync(lab);
        Assert.That((await lab.Connection.Snapshots.CheckAsync(state, None)).Code, Is.EqualTo(SnapshotCheckCodes.Holds));

        await lab.Server.Control.Operator.CreateSnapshotAsync("web", "another");
        Assert.That(
            (await lab.Connection.Snapshots.CheckAsync(state, None)).Code,
            Is.EqualTo(SnapshotCheckCodes.Holds),
            "a snapshot on top changes nothing below");

        lab.Server.Control.Operator.DeleteAllSnapshots("web");
        var check = await lab.Connection.Snapshots.CheckAsync(state, None);
        Assert.That(check.Holds, Is.False);
        Assert.That(check.Code, Is.EqualTo(SnapshotCheckCodes.Gone));
    }

    [Test]
    public async Task A_revert_below_the_snapshot_is_noticed()
    {
        await using var lab = await Lab.StartAsync();
        var (_, state) = await SnapshotAsync(lab);
        await lab.Server.Control.Operator.RevertAsync("web", state.Snapshot.Value);
        var check = await lab.Connection.Snapshots.CheckAsync(state, None);
        Assert.That(check.Code, Is.EqualTo(SnapshotCheckCodes.ChainChanged));
    }

    [Test]
    public async Task Requirement_09_a_lost_answer_never_leads_to_a_second_snapshot()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("drop-connection:CreateSnapshotEx:after");
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        Assert.That(Snapshots(lab).Select(snapshot => snapshot.Id), Is.EqualTo(new[] { created.Snapshot.Value }));
    }

    [Test]
    public async Task Requirement_09_a_request_that_never_arrived_is_made_once_more()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("drop-connection:CreateSnapshotEx");
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        Assert.That(Snapshots(lab).Select(snapshot => snapshot.Id), Is.EqualTo(new[] { created.Snapshot.Value }));
    }

    [Test]
    public async Task Requirement_09_two_lost_answers_still_make_one_snapshot()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("drop-connection:CreateSnapshotEx");
        lab.Server.Control.ArmFault("drop-connection:CreateSnapshotEx:after");
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        Assert.That(Snapshots(lab).Select(snapshot => snapshot.Id), Is.EqualTo(new[] { created.Snapshot.Value }));
        Assert.That(lab.Server.Control.ArmedFaults, Is.Empty);
    }

    [Test]
    public async Task Requirement_09_when_no_request_arrives_it_is_given_up_and_nothing_is_made()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("drop-connection:CreateSnapshotEx", count: 100);
        var failure = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.OutcomeUnknown));
        Assert.That(lab.Server.Control.ArmedFaults.Single().Count, Is.EqualTo(98), "two starts, no loop");
        Assert.That(Snapshots(lab), Is.Empty);
    }

    [Test]
    public async Task Requirement_09_a_task_that_the_server_forgot_is_resolved_by_looking()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("lost-task:CreateSnapshotEx_Task");
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        Assert.That(Snapshots(lab).Select(snapshot => snapshot.Id), Is.EqualTo(new[] { created.Snapshot.Value }));
    }

    [Test]
    public async Task Requirement_09_a_wait_survives_the_end_of_the_session_and_of_the_connection()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("delay-task:CreateSnapshotEx_Task:1");
        lab.Server.Control.ArmFault("drop-connection:WaitForUpdatesEx");
        lab.Server.Control.ArmFault("expire-session:WaitForUpdatesEx", skip: 1);
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        Assert.That(Snapshots(lab).Select(snapshot => snapshot.Id), Is.EqualTo(new[] { created.Snapshot.Value }));
        Assert.That(lab.Server.Control.ArmedFaults, Is.Empty, "both faults struck");
    }

    [Test]
    public async Task Requirement_08_disks_that_need_consolidation_get_it_after_the_snapshot_is_gone()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        var proxy = await lab.VmAsync("vmproxy");
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        var state = await lab.Connection.Snapshots.ReadDisksAsync(vm.Id, created.Snapshot, None);
        var lent = await lab.Connection.Disks.AttachAsync(proxy.Id, DiskToAttach.Of(state.Disks[0]), None);

        // The operator deletes under us: the file that is lent stays locked, and the VM needs consolidation.
        Assert.That(lab.Server.Control.Operator.DeleteAllSnapshots("web"), Is.False);
        var consolidating = lab.Connection.Snapshots.ConsolidateAsync(vm.Id, None);
        await lab.Connection.Disks.DetachAsync(proxy.Id, lent.Key, lent.FileName, None);
        Assert.That(await consolidating, "it waited for the file and did its work");
        Assert.That(Report(lab).ConsolidationNeeded, Is.False);
        Assert.That(await lab.Connection.Snapshots.ConsolidateAsync(vm.Id, None), Is.False, "nothing is left to do");
    }

    [Test]
    public async Task Requirement_08_a_removal_waits_for_another_task()
    {
        await using var lab = await Lab.StartAsync();
        var (vm, state) = await SnapshotAsync(lab);
        lab.Server.Control.ArmFault("fail-task:RemoveSnapshot_Task:TaskInProgress", count: 2);
        var removed = await lab.Connection.Snapshots.RemoveAsync(vm.Id, state.Snapshot, None);
        Assert.That(removed.WasPresent);
        Assert.That(Snapshots(lab), Is.Empty);
        Assert.That(lab.Server.Control.ArmedFaults, Is.Empty);
    }

    [Test]
    public async Task Requirement_08_a_removal_whose_answer_is_lost_is_looked_after()
    {
        await using var lab = await Lab.StartAsync();
        var (vm, state) = await SnapshotAsync(lab);
        lab.Server.Control.ArmFault("drop-connection:RemoveSnapshot:after");
        Assert.That((await lab.Connection.Snapshots.RemoveAsync(vm.Id, state.Snapshot, None)).ConsolidationFailure, Is.Null);
        Assert.That(Snapshots(lab), Is.Empty);
    }

    [Test]
    public async Task Requirement_08_files_that_stay_locked_are_told_and_the_snapshot_is_gone_all_the_same()
    {
        await using var lab = await Lab.StartAsync(connect: options => options with { BusyLimit = TimeSpan.FromMilliseconds(200) });
        var (vm, state) = await SnapshotAsync(lab);
        var proxy = await lab.VmAsync("vmproxy");
        await lab.Connection.Disks.AttachAsync(proxy.Id, DiskToAttach.Of(state.Disks[0]), None);
        var removed = await lab.Connection.Snapshots.RemoveAsync(vm.Id, state.Snapshot, None);
        Assert.That(removed.WasPresent);
        Assert.That(removed.ConsolidationFailure?.Code, Is.EqualTo(VsphereErrorCodes.FileLocked));
        Assert.That(Snapshots(lab), Is.Empty);
    }

    [TestCase("ApplicationQuiesceFault")]
    [TestCase("FilesystemQuiesceFault")]
    [TestCase("Timedout")]
    public async Task Requirement_11_a_failed_quiesce_is_tried_crash_consistent_once_when_that_is_allowed(string fault)
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault($"quiesce-fails:{fault}", count: 5);
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Prefer, None);
        Assert.That(created.Quiesced, Is.False);
        Assert.That(created.DowngradeReason, Does.Contain(fault));
        Assert.That(lab.Server.Control.ArmedFaults.Single().Count, Is.EqualTo(4), "one attempt to quiesce, no loop");
        Assert.That(Snapshots(lab), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Requirement_11_a_failed_quiesce_fails_when_quiescing_is_required()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("quiesce-fails");
        var failure = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Require, None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.QuiesceFailed));
        Assert.That(failure.FaultType, Is.EqualTo("ApplicationQuiesceFault"));
        Assert.That(Snapshots(lab), Is.Empty);
    }

    [Test]
    public async Task Requirement_11_what_a_failed_quiesce_left_is_removed()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("fail-task-late:CreateSnapshotEx_Task:FilesystemQuiesceFault");
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Prefer, None);
        Assert.That(created.Quiesced, Is.False);
        Assert.That(
            Snapshots(lab).Select(snapshot => snapshot.Id),
            Is.EqualTo(new[] { created.Snapshot.Value }),
            "the partial one is gone");
    }

    [Test]
    public async Task Requirement_11_without_running_tools_nothing_is_quiesced()
    {
        await using var lab = await Lab.StartAsync(web => web.ToolsRunning = false);
        var vm = await lab.VmAsync();
        var refused = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Require, None));
        Assert.That(refused!.Code, Is.EqualTo(VsphereErrorCodes.QuiesceUnavailable));
        Assert.That(Snapshots(lab), Is.Empty, "refused before any change");

        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Prefer, None);
        Assert.That(created.DowngradeReason, Does.Contain("tools"));
    }

    [Test]
    public async Task Requirement_11_a_vm_that_is_off_needs_no_quiescing()
    {
        await using var lab = await Lab.StartAsync(web => web.PoweredOn = false);
        var vm = await lab.VmAsync();
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Require, None);
        Assert.That(created.DowngradeReason, Is.Null);
    }

    [Test]
    public async Task Requirement_19_no_snapshot_is_made_at_the_limit_of_the_chain()
    {
        await using var lab = await Lab.StartAsync(web => web.Disks = [new() { Size = 1 << 20 }]);
        var vm = await lab.VmAsync();
        for (int level = 1; level <= 30; level++)
        {
            await lab.Server.Control.Operator.CreateSnapshotAsync("web", $"level {level}");
        }

        var last = await lab.Connection.Snapshots.CreateAsync(vm.Id, "last", "run", QuiescePolicy.Never, None);
        Assert.That((await lab.VmAsync()).ChainDepth, Is.EqualTo(31));
        var refused = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "one too many", "run", QuiescePolicy.Never, None));
        Assert.That(refused!.Code, Is.EqualTo(VsphereErrorCodes.SnapshotTooDeep));
        Assert.That(Snapshots(lab), Has.Count.EqualTo(31));
        await lab.Connection.Snapshots.RemoveAsync(vm.Id, last.Snapshot, None);
        Assert.That(Snapshots(lab).Select(snapshot => snapshot.Description), Has.All.EqualTo("by the operator"), "only ours was removed");
    }

    [Test]
    public async Task Requirement_20_an_unknown_device_is_kept_as_it_came()
    {
        await using var lab = await Lab.StartAsync();
        lab.Server.Control.ArmFault("unknown-device-type:web", count: 1000);
        var vm = await lab.VmAsync();
        var device = vm.UnknownDevices.Single();
        Assert.That(device.Key, Is.Not.Zero);
        Assert.That(device.Xml, Does.Contain(device.TypeName));
        Assert.That(vm.Disks, Has.Count.EqualTo(2));
        Assert.That(Eligibility.Judge(vm).Findings.Select(finding => finding.Code), Is.EqualTo(new[] { EligibilityCodes.UnknownDevice }));

        var (_, state) = await SnapshotAsync(lab);
        Assert.That(state.UnknownDevices.Single().TypeName, Is.EqualTo(device.TypeName));
        Assert.That(state.ConfigXml, Does.Contain(device.TypeName));
        Assert.That(state.ConfigJson, Does.Contain(device.TypeName));
    }

    [Test]
    public async Task A_full_datastore_is_told()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("full-datastore");
        var failure = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.NoDiskSpace));
        Assert.That(failure.Message, Does.Contain("datastore1").And.Contain("web"));
        Assert.That(Snapshots(lab), Is.Empty);
    }

    static async Task<(VirtualMachine Vm, SnapshotState State)> SnapshotAsync(Lab lab)
    {
        var vm = await lab.VmAsync();
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        return (vm, await lab.Connection.Snapshots.ReadDisksAsync(vm.Id, created.Snapshot, None));
    }

    static VmProxy.Lab.Control.LabVmReport Report(Lab lab) => lab.Server.Control.State().VirtualMachines.Single(vm => vm.Name == "web");

    static IReadOnlyList<VmProxy.Lab.Control.LabSnapshotReport> Snapshots(Lab lab) => Report(lab).Snapshots;
}
