namespace VmProxy.Vsphere.Tests.ChangeTracking;

public sealed class ChangeTrackingSwitchTests
{
    static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task Change_tracking_is_switched_on_and_read_back()
    {
        await using var lab = await Lab.StartAsync(web => web.ChangeTracking = false);
        var vm = await lab.VmAsync();
        var first = await lab.Connection.ChangeTracking.EnableAsync(vm.Id, None);
        Assert.That((first.IsOn, first.Code), Is.EqualTo((true, ChangeTrackingCodes.Enabled)));
        Assert.That((await lab.Connection.ChangeTracking.EnableAsync(vm.Id, None)).Code, Is.EqualTo(ChangeTrackingCodes.AlreadyEnabled));
        Assert.That((await lab.VmAsync()).ChangeTrackingEnabled);
    }

    [Test]
    public async Task Requirement_02_change_tracking_is_never_switched_on_under_a_snapshot_of_anybody()
    {
        await using var lab = await Lab.StartAsync(web => web.ChangeTracking = false);
        var vm = await lab.VmAsync();
        await lab.Server.Control.Operator.CreateSnapshotAsync("web", "somebody's");
        var outcome = await lab.Connection.ChangeTracking.EnableAsync(vm.Id, None);
        Assert.That((outcome.IsOn, outcome.Code), Is.EqualTo((false, ChangeTrackingCodes.SnapshotsExist)));
        Assert.That((await lab.VmAsync()).ChangeTrackingEnabled, Is.False);
    }

    [Test]
    public async Task Requirement_03_what_cannot_track_changes_is_told()
    {
        await using var old = await Lab.StartAsync(web => (web.ChangeTracking, web.HardwareVersion) = (false, "vmx-04"));
        Assert.That(
            (await old.Connection.ChangeTracking.EnableAsync((await old.VmAsync()).Id, None)).Code,
            Is.EqualTo(ChangeTrackingCodes.HardwareTooOld));
        await using var unable = await Lab.StartAsync(web => (web.ChangeTracking, web.ChangeTrackingSupported) = (false, false));
        Assert.That(
            (await unable.Connection.ChangeTracking.EnableAsync((await unable.VmAsync()).Id, None)).Code,
            Is.EqualTo(ChangeTrackingCodes.VmUnsupported));
    }

    [Test]
    public async Task Requirement_03_disks_without_change_id_show_when_tracking_is_off()
    {
        await using var lab = await Lab.StartAsync(web => web.ChangeTracking = false);
        var vm = await lab.VmAsync();
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        var state = await lab.Connection.Snapshots.ReadDisksAsync(vm.Id, created.Snapshot, None);
        Assert.That(state.ChangeTrackingEnabled, Is.False);
        Assert.That(state.Disks.Select(disk => disk.ChangeId), Has.All.Null);
        var track = state.Track(state.Disks[0], null);
        Assert.That(ChangeTrackingTrust.Judge(track, track).Code, Is.EqualTo(ChangeTrackingCodes.NoChangeId));
    }

    [TestCase(1, true, ChangeTrackingCodes.Enabled)]
    [TestCase(100, false, ChangeTrackingCodes.NotEffective)]
    public async Task A_server_that_says_yes_and_does_nothing_is_asked_again_and_not_believed(int times, bool isOn, string code)
    {
        await using var lab = await Lab.StartAsync(web => web.ChangeTracking = false);
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("cbt-switch-ignored", count: times);
        var switched = await lab.Connection.ChangeTracking.EnableAsync(vm.Id, None);
        Assert.That((switched.IsOn, switched.Code), Is.EqualTo((isOn, code)));
    }

    [Test]
    public async Task A_lost_answer_is_looked_after()
    {
        await using var lab = await Lab.StartAsync(web => web.ChangeTracking = false);
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("drop-connection:ReconfigVM:after");
        Assert.That((await lab.Connection.ChangeTracking.EnableAsync(vm.Id, None)).IsOn);
    }

    [Test]
    public async Task Requirement_18_change_tracking_and_devices_come_from_one_read()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        using var requests = new Requests(lab.Server.Url);
        var read = await lab.Connection.VirtualMachines.ReadAsync(vm.Id, None);
        Assert.That(requests.Count, Is.EqualTo(1));
        Assert.That(read.ChangeTrackingEnabled);
        Assert.That(read.Disks, Has.Count.EqualTo(2));
    }
}
