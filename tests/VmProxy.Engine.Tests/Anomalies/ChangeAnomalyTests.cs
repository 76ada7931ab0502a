using CsCheck;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Backup.Anomalies;
using VmProxy.Repository;

namespace VmProxy.Engine.Tests.Anomalies;

sealed class ChangeAnomalyTests
{
    const long Mib = 1L << 20;
    const long Size = 10_000 * Mib;
    static readonly DateTimeOffset Start = new(2026, 11, 1, 1, 0, 0, TimeSpan.Zero);

    // A file server: some 100 MiB a night, of which a third has to be stored.
    static readonly PointCost[] Usual = [.. new[] { 100, 90, 130, 110, 80, 95, 140, 105 }.Select((mib, night) => Cost(night, mib, 0.30 + (0.02 * (night % 3))))];

    [Test]
    public void A_jump_in_both_is_told_with_both_figures()
    {
        var found = ChangeAnomaly.Judge("web01", Cost(8, 4000, 0.99), Usual);
        Assert.That((found?.Code, found?.Object), Is.EqualTo((ReasonCodes.Ransomware, "web01")));
        Assert.That(found!.Message, Does.Contain("3.9 GiB").And.Contain("99 %").And.Contain("102.5 MiB").And.Contain("32 %"));
    }

    [TestCase(4000, 0.33, TestName = "Much that compresses as always: an update")]
    [TestCase(120, 0.99, TestName = "As much as always that does not compress: a film")]
    [TestCase(4000, 0.60, TestName = "Much that compresses a little")]
    [TestCase(250, 0.99, TestName = "A little more than always")]
    public void One_of_both_is_no_alarm(double mib, double ratio) => Assert.That(ChangeAnomaly.Judge("web01", Cost(8, mib, ratio), Usual), Is.Null);

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(4)]
    public void First_points_are_no_alarm(int nights) => Assert.That(ChangeAnomaly.Judge("web01", Cost(8, 4000, 1), Usual[..nights]), Is.Null);

    [Test]
    public void Tiny_changes_are_no_alarm()
    {
        PointCost[] idle = [.. Enumerable.Range(0, 10).Select(night => Cost(night, 0.1, 0.1))];
        Assert.That(ChangeAnomaly.Judge("web01", Cost(10, 150, 1), idle), Is.Null, "less than 2 % of its disks");
        Assert.That(ChangeAnomaly.Judge("web01", Cost(10, 250, 1), idle), Is.Not.Null);
    }

    [Test]
    public void A_vm_whose_data_never_compress_is_no_alarm()
    {
        PointCost[] media = [.. Enumerable.Range(0, 10).Select(night => Cost(night, 100 + night, 0.97))];
        Assert.That(ChangeAnomaly.Judge("web01", Cost(10, 4000, 1), media), Is.Null);
    }

    [Test]
    public void Nights_without_a_backup_are_no_jump()
    {
        PointCost[] mixed = [.. Usual.Select(cost => cost with { ChangedBytes = 300 * Mib, StoredBytes = 90 * Mib })];
        Assert.That(ChangeAnomaly.Judge("web01", Cost(8, 1100, 0.99), mixed), Is.Not.Null, "the next night");
        Assert.That(ChangeAnomaly.Judge("web01", Cost(12, 1100, 0.99), mixed), Is.Null, "after four nights without one");
    }

    [Test]
    public void A_wild_night_in_the_history_hides_nothing()
    {
        PointCost[] history = [.. Usual, Cost(8, 8000, 0.9)];
        Assert.That(ChangeAnomaly.Judge("web01", Cost(9, 4000, 0.99), history), Is.Not.Null);
    }

    [Test]
    public void What_stays_within_the_history_is_never_told() =>
        Gen.Select(Gen.Double[1, 3000], Gen.Double[0, 1]).Array[5, 40].Sample(nights =>
        {
            PointCost[] history = [.. nights.Select((night, index) => Cost(index, night.Item1, night.Item2))];
            return history.All(cost => cost.ChangedBytes > history.OrderBy(one => one.ChangedBytes).ElementAt(history.Length / 2).ChangedBytes
                || ChangeAnomaly.Judge("vm", cost with { Taken = Start.AddDays(history.Length) }, history) is null);
        }, iter: 200);

    [Test]
    public void A_point_with_a_full_disk_has_no_cost()
    {
        Assert.That(PointCost.Of([Disk("incremental"), Disk("full")], 1, Start), Is.Null);
        Assert.That(PointCost.Of([Disk("full")], 1, Start), Is.Null);
        Assert.That(PointCost.Of([], 1, Start), Is.Null);
        Assert.That(PointCost.Of([Disk("incremental"), Disk("incremental")], 300, Start)!.Ratio, Is.EqualTo(1.5));
    }

    [Test]
    public void The_history_leaves_out_anomalies_fulls_and_other_levels()
    {
        RestorePoint[] points =
        [
            Point("full", "5"), Point("incremental", "6"), Point("differential", "7"), Point("incremental", null), Point("incremental", "nonsense"),
            Point("incremental", "8", $"web01: it changed. [{ReasonCodes.Ransomware}] Next: look."), Point("incremental", "9", "web01: another warning. [X]"),
        ];
        Assert.That(PointCost.History(points, "incremental").Select(cost => cost.StoredBytes), Is.EqualTo(new[] { 6, 9 }));
    }

    static PointCost Cost(int night, double mib, double ratio) => new(Start.AddDays(night), "incremental", Size, (long)(mib * Mib), (long)(mib * Mib * ratio));

    static PointDisk Disk(string level) => new()
    {
        Key = 2000, Label = "Hard disk 1", CapacityBytes = 1000, FileName = "[ds] a/a.vmdk", Level = level, Transport = "hotadd", ChangedBytes = 100, Map = null!,
    };

    static RestorePoint Point(string level, string? stored, params string[] warnings) => new()
    {
        Time = Start,
        Vm = new PointVm { VcenterUuid = "v", InstanceUuid = "i", Name = "web01", MoRef = "m" },
        Level = level,
        Job = "nightly",
        Disks = [Disk(level)],
        Warnings = warnings,
        Properties = stored is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [PointCost.Property] = stored },
    };
}
