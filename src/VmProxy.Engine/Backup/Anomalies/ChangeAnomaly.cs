using System.Globalization;
using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Backup.Anomalies;

/// <summary>
/// Compares what changed in a VM with the VM's own history. Files that somebody encrypts change all at once, and what comes out neither compresses nor
/// is known from earlier. Either alone happens every day (an update, a film that was copied), so only a jump in both is told. Medians and absolute
/// deviations measure what is usual: one wild night among many does not move them.
/// </summary>
static class ChangeAnomaly
{
    /// <summary>With fewer earlier points nobody knows what is usual.</summary>
    const int LeastHistory = 5;

    const int MostHistory = 30;

    /// <summary>A jump is so many deviations above the median …</summary>
    const double Deviations = 6;

    /// <summary>… and, where the history hardly scatters, so many times the median.</summary>
    const double LeastFactor = 3;

    /// <summary>What is less than this share of the disks …</summary>
    const double LeastShare = 0.02;

    /// <summary>… is tiny, but this much never is …</summary>
    const long AlwaysMuch = 10L << 30;

    /// <summary>… and this little always.</summary>
    const long AlwaysTiny = 4L << 20;

    /// <summary>Encrypted data store as large as they are; a mixture with other changes a little less.</summary>
    const double LeastRatio = 0.7;

    /// <summary>A jump of the ratio is at least this much.</summary>
    const double LeastRise = 0.2;

    /// <summary>Backups that follow each other faster say nothing about how much changes in which time.</summary>
    static readonly TimeSpan LeastPause = TimeSpan.FromHours(1);

    /// <summary>The warning; null when nothing stands out.</summary>
    /// <param name="vm">The VM's name.</param>
    /// <param name="cost">What the new point cost.</param>
    /// <param name="history">What earlier points of its level cost, oldest first.</param>
    public static Failure? Judge(string vm, PointCost cost, IReadOnlyList<PointCost> history)
    {
        PointCost[] usual = [.. history.TakeLast(MostHistory)];
        var tiny = Math.Max(AlwaysTiny, Math.Min(AlwaysMuch, LeastShare * cost.CapacityBytes));
        if (usual.Length < LeastHistory || cost.ChangedBytes < tiny)
        {
            return null;
        }

        var (changed, changedScatter) = Robust.Middle(usual.Select(one => (double)one.ChangedBytes));
        var (ratio, ratioScatter) = Robust.Middle(usual.Select(one => one.Ratio));
        changed *= Pause(cost, usual);
        var muchChanged = cost.ChangedBytes > Math.Max(changed + (Deviations * changedScatter), changed * LeastFactor);
        var random = cost.Ratio >= LeastRatio && cost.Ratio > ratio + Math.Max(Deviations * ratioScatter, LeastRise);
        return muchChanged && random
            ? new Failure(
                ReasonCodes.Ransomware, vm, "compare the changes with those of earlier backups",
                $"{Sizes.Text(cost.ChangedBytes)} changed (usually {Sizes.Text((long)changed)}), and {Percent(cost.Ratio)} of that is new and does not compress "
                + $"(usually {Percent(ratio)}): as if its files had been encrypted.",
                "Look into the VM at once. The point is good, but may hold encrypted files: protect the earlier ones with `vmproxy point hold`.")
            : null;
    }

    /// <summary>After nights without a backup more has changed, and that is no jump: how many times the usual pause passed since the last point.</summary>
    static double Pause(PointCost cost, PointCost[] usual)
    {
        if (cost.Level != LevelNames.Of(Configuration.BackupLevel.Incremental))
        {
            return 1;
        }

        var pauses = usual.Zip(usual.Skip(1), (one, next) => (next.Taken - one.Taken).TotalMinutes);
        var (middle, _) = Robust.Middle(pauses);
        return middle < LeastPause.TotalMinutes ? 1 : Math.Max(1, (cost.Taken - usual[^1].Taken).TotalMinutes / middle);
    }

    static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{Math.Min(100, 100 * share):0} %");
}
