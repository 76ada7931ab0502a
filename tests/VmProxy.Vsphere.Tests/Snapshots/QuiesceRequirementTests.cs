using VmProxy.Lab;
using VmProxy.Lab.Model;

namespace VmProxy.Vsphere.Tests.Snapshots;

/// <summary>How guests are quiesced: VSS by policy, file systems only where applications cannot, and nothing believed that the snapshot's flag denies.</summary>
public sealed class QuiesceRequirementTests
{
    static CancellationToken None => CancellationToken.None;

    [TestCase(VssPolicy.Copy, 5, "ctx_auto")]
    [TestCase(VssPolicy.Full, 1, "ctx_auto")]
    [TestCase(VssPolicy.FileSystem, 5, "ctx_file_share_backup")]
    public async Task A_windows_guest_is_asked_for_the_policys_kind_of_vss_backup(VssPolicy policy, int type, string context)
    {
        await using var lab = await Lab.StartAsync(Windows);
        var created = await CreateAsync(lab, policy);
        Assert.That((created.Quiesced, created.Vss, created.DowngradeReason), Is.EqualTo((true, VssOutcome.AsAsked, (string?)null)));
        Assert.That(Quiesced(lab), Is.EqualTo(new LabQuiesce(true, type, true, false, context)));
    }

    [Test]
    public async Task Without_a_wish_applications_keep_their_own_backup_history()
    {
        await using var lab = await Lab.StartAsync(Windows);
        var vm = await lab.VmAsync();
        await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Prefer, None);
        Assert.That(Quiesced(lab)!.BackupType, Is.EqualTo(5), "VSS_BT_COPY");
    }

    [Test]
    public async Task Vss_is_not_spoken_of_to_other_guests()
    {
        await using var lab = await Lab.StartAsync();
        var created = await CreateAsync(lab, VssPolicy.Full);
        Assert.That((created.Quiesced, created.Vss), Is.EqualTo((true, VssOutcome.None)));
        Assert.That(Quiesced(lab), Is.EqualTo(new LabQuiesce()));
    }

    [TestCase("windowsGuest", "otherGuest64", true)]
    [TestCase("linuxGuest", "windows9Server64Guest", false)]
    [TestCase("", "winNetStandardGuest", true)]
    [TestCase("", "debian10_64Guest", false)]
    public void A_guest_is_what_its_tools_say_and_else_what_is_configured(string family, string id, bool windows)
        => Assert.That(new VirtualMachine { Id = new ObjectId("VirtualMachine", "vm-1"), Name = "vm", GuestFamily = family, GuestId = id }.IsWindows, Is.EqualTo(windows));

    [Test]
    public async Task A_server_without_the_extended_operation_leaves_the_kind_to_the_tools()
    {
        await using var lab = await Lab.StartAsync(Windows);
        lab.Server.Control.ArmFault("fault:CreateSnapshotEx_Task:MethodNotFound");
        var created = await CreateAsync(lab, VssPolicy.Full);
        Assert.That((created.Quiesced, created.Vss), Is.EqualTo((true, VssOutcome.LeftToTools)));
        Assert.That(Quiesced(lab), Is.EqualTo(new LabQuiesce()));
    }

    [TestCase(VssPolicy.Copy, VssOutcome.FileSystemOnly)]
    [TestCase(VssPolicy.Full, VssOutcome.FileSystemOnly)]
    [TestCase(VssPolicy.FileSystem, VssOutcome.AsAsked)]
    public async Task Requirement_11_of_an_encrypted_vm_only_file_systems_are_quiesced(VssPolicy policy, VssOutcome outcome)
    {
        await using var lab = await Lab.StartAsync(web =>
        {
            Windows(web);
            web.EncryptionKey = "key-1";
        });
        var created = await CreateAsync(lab, policy, QuiescePolicy.Require);
        Assert.That((created.Quiesced, created.Vss), Is.EqualTo((true, outcome)), "the lab refuses applications of an encrypted VM");
        Assert.That(Quiesced(lab)!.Context, Is.EqualTo("ctx_file_share_backup"));
    }

    [Test]
    public async Task Requirement_11_a_snapshot_that_was_silently_not_quiesced_is_called_crash_consistent()
    {
        await using var lab = await Lab.StartAsync();
        lab.Server.Control.ArmFault("quiesce-skipped");
        var created = await CreateAsync(lab, VssPolicy.Copy);
        Assert.That(created.Quiesced, Is.False);
        Assert.That(created.DowngradeReason, Does.Contain("without quiescing"));
        Assert.That(Names(lab), Has.Count.EqualTo(1), "it is as good as a second one would be");
    }

    [Test]
    public async Task Requirement_11_a_snapshot_that_was_silently_not_quiesced_is_removed_where_quiescing_is_required()
    {
        await using var lab = await Lab.StartAsync();
        lab.Server.Control.ArmFault("quiesce-skipped");
        var failure = Assert.ThrowsAsync<VsphereException>(async () => await CreateAsync(lab, VssPolicy.Copy, QuiescePolicy.Require));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.QuiesceFailed));
        Assert.That(Names(lab), Is.Empty);
    }

    static void Windows(LabVmOptions web) => web.GuestId = "windows9Server64Guest";

    static async Task<SnapshotCreated> CreateAsync(Lab lab, VssPolicy vss, QuiescePolicy policy = QuiescePolicy.Prefer)
        => await lab.Connection.Snapshots.CreateAsync((await lab.VmAsync()).Id, "ours", "run", policy, vss, None);

    static LabQuiesce? Quiesced(Lab lab) => lab.Server.Control.Snapshots().Single().Quiesce;

    static List<string> Names(Lab lab) => [.. lab.Server.Control.State().VirtualMachines.Single(vm => vm.Name == "web").Snapshots.Select(snapshot => snapshot.Name)];
}
