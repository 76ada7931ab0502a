namespace VmProxy.Vsphere.Tests.ChangeTracking;

public sealed class ChangeTrackingTrustTests
{
    static readonly DiskTrack Base = new()
    {
        ChangeId = "52 de c0 d9/4",
        CapacityBytes = 200L << 30,
        DiskUuid = "6000C29a-b4d5",
        Chain = ["[ds] vm/vm-000001.vmdk", "[ds] vm/vm.vmdk"],
        ParentSnapshot = new ObjectId("VirtualMachineSnapshot", "snapshot-7"),
        HostVersion = "7.0.3",
        HostBuild = "19193900",
    };

    static readonly DiskTrack Next = Base with { ChangeId = "52 de c0 d9/5", Snapshots = [new("VirtualMachineSnapshot", "snapshot-7")] };

    [Test]
    public void An_unbroken_history_is_trusted()
    {
        var verdict = ChangeTrackingTrust.Judge(Base, Next);
        Assert.That(verdict.IsTrusted, verdict.Reason);
        Assert.That(verdict.Code, Is.EqualTo(ChangeTrackingCodes.Trusted));
    }

    [Test]
    public void A_first_backup_has_no_base() => Expect(null, Next, ChangeTrackingCodes.NoBase);

    [Test]
    public void Requirement_01_a_grown_disk_is_read_in_full()
        => Expect(Base, Next with { CapacityBytes = Base.CapacityBytes + (1L << 30) }, ChangeTrackingCodes.CapacityChanged);

    [Test]
    public void Requirement_01_a_host_that_loses_changes_is_not_believed()
    {
        Expect(Base, Next with { HostVersion = "6.0.0", HostBuild = "3073146" }, ChangeTrackingCodes.HostBuildKnownBad);
        Expect(Base, Next with { HostVersion = "5.5.0", HostBuild = "9999999" }, ChangeTrackingCodes.HostBuildKnownBad);
        var repaired = Next with { HostVersion = "6.0.0", HostBuild = "3247720" };
        Assert.That(ChangeTrackingTrust.Judge(Base, repaired).IsTrusted);
    }

    [Test]
    public void Requirement_01_a_change_id_from_before_the_host_was_repaired_is_not_believed()
        => Expect(
            Base with { HostVersion = "6.0.0", HostBuild = "3073146" },
            Next with { HostVersion = "6.0.0", HostBuild = "3247720" },
            ChangeTrackingCodes.HostBuildKnownBad);

    [Test]
    public void Requirement_01_a_small_disk_of_an_old_host_never_crossed_the_boundary()
    {
        var (before, now) = (Base with { CapacityBytes = 100L << 30 }, Next with { CapacityBytes = 100L << 30, HostVersion = "5.5.0", HostBuild = "1" });
        Assert.That(ChangeTrackingTrust.Judge(before, now).IsTrusted);
    }

    [Test]
    public void Requirement_02_an_epoch_that_began_under_snapshots_is_never_believed_and_the_next_one_is()
    {
        var spoilt = Base.Remembering(null, startedUnderSnapshots: true);
        Assert.That(spoilt.SpoiltEpoch, Is.EqualTo("52 de c0 d9"));
        Expect(spoilt, Next.Remembering(spoilt, startedUnderSnapshots: true), ChangeTrackingCodes.StartedUnderSnapshots);
        var later = Next.Remembering(spoilt, startedUnderSnapshots: false);
        Expect(spoilt, later, ChangeTrackingCodes.StartedUnderSnapshots);
        var reset = (Next with { ChangeId = "52 aa/1" }).Remembering(later, startedUnderSnapshots: false);
        Assert.That(reset.SpoiltEpoch, Is.Null);
        Expect(later, reset, ChangeTrackingCodes.EpochChanged);
        Assert.That(ChangeTrackingTrust.Judge(reset, (reset with { ChangeId = "52 aa/2" }).Remembering(reset, startedUnderSnapshots: false)).IsTrusted);
        Assert.That((Next with { ChangeId = null }).Remembering(Base with { ChangeId = null }, startedUnderSnapshots: false).SpoiltEpoch, Is.Null);
    }

    [Test]
    public void Requirement_03_a_disk_without_change_id_is_read_in_full()
    {
        Expect(Base, Next with { ChangeId = null }, ChangeTrackingCodes.NoChangeId);
        Expect(Base with { ChangeId = "" }, Next, ChangeTrackingCodes.NoChangeId);
    }

    [Test]
    public void Requirement_04_another_epoch_forces_a_full_read()
        => Expect(Base, Next with { ChangeId = "52 aa bb cc/9" }, ChangeTrackingCodes.EpochChanged);

    [TestCase("52 de c0 d9/4")]
    [TestCase("52 de c0 d9/3")]
    [TestCase("52 de c0 d9")]
    public void Requirement_04_a_sequence_that_did_not_grow_is_a_revert(string changeId)
        => Expect(Base, Next with { ChangeId = changeId }, ChangeTrackingCodes.Reverted);

    [Test]
    public void Requirement_04_a_head_thrown_away_above_a_standing_snapshot_is_a_revert()
        => Expect(Base, Next with { Chain = ["[ds] vm/vm-000002.vmdk", "[ds] vm/vm.vmdk"] }, ChangeTrackingCodes.Reverted);

    [Test]
    public void Requirement_04_merged_and_added_snapshots_are_no_revert()
    {
        var merged = Next with { Chain = ["[ds] vm/vm.vmdk"], Snapshots = [] };
        var added = Next with { Chain = ["[ds] vm/vm-000002.vmdk", .. Base.Chain] };
        Assert.That(ChangeTrackingTrust.Judge(Base, merged).IsTrusted);
        Assert.That(ChangeTrackingTrust.Judge(Base, added).IsTrusted);
    }

    [Test]
    public void Requirement_04_another_disk_at_the_same_key_is_read_in_full()
        => Expect(Base, Next with { DiskUuid = "6000C29f-0000" }, ChangeTrackingCodes.DiskReplaced);

    static void Expect(DiskTrack? previous, DiskTrack current, string code)
    {
        var verdict = ChangeTrackingTrust.Judge(previous, current);
        Assert.That(verdict.IsTrusted, Is.False);
        Assert.That(verdict.Code, Is.EqualTo(code));
        Assert.That(verdict.Reason, Is.Not.Empty);
    }
}
