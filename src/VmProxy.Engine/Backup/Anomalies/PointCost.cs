using System.Globalization;
using VmProxy.Repository;

namespace VmProxy.Engine.Backup.Anomalies;

/// <summary>What a point that rests on an earlier one cost: how much had changed, and how much of that had to be stored.</summary>
/// <param name="Taken">The moment that the point shows.</param>
/// <param name="Level">The level of its disks: what changed since the last point, or since the last full.</param>
/// <param name="CapacityBytes">Size of its disks.</param>
/// <param name="ChangedBytes">Bytes that had changed.</param>
/// <param name="StoredBytes">Bytes that were added to the repository for them, compressed, without what it had already.</param>
sealed record PointCost(DateTimeOffset Taken, string Level, long CapacityBytes, long ChangedBytes, long StoredBytes)
{
    /// <summary>The property of a point that has <see cref="StoredBytes"/>: the history of a VM must not be lost with the catalog.</summary>
    public const string Property = "dataBytesStored";

    /// <summary>Stored for each changed byte: near 0 for what is zeros, known or compresses well, about 1 for what is random.</summary>
    public double Ratio => ChangedBytes == 0 ? 0 : (double)StoredBytes / ChangedBytes;

    public static string ToProperty(long dataBytesStored) => dataBytesStored.ToString(CultureInfo.InvariantCulture);

    /// <summary>The cost of a point; null where a disk was read in full, for that tells nothing of what the guest wrote.</summary>
    public static PointCost? Of(IReadOnlyList<PointDisk> disks, long dataBytesStored, DateTimeOffset taken) =>
        disks.Count == 0 || disks.Any(disk => disk.Level == LevelNames.Full || disk.Level != disks[0].Level)
            ? null
            : new PointCost(taken, disks[0].Level, disks.Sum(disk => disk.CapacityBytes), disks.Sum(disk => disk.ChangedBytes), dataBytesStored);

    /// <summary>What earlier points of this level cost, oldest first. One that was an anomaly itself is no measure of what is usual.</summary>
    public static IReadOnlyList<PointCost> History(IReadOnlyList<RestorePoint> points, string level) =>
    [
        .. points.Where(point => !point.Warnings.Any(warning => warning.Contains($"[{ReasonCodes.Ransomware}]", StringComparison.Ordinal)))
            .Select(point => point.Properties.TryGetValue(Property, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var stored)
                ? Of(point.Disks, stored, point.Time)
                : null)
            .OfType<PointCost>()
            .Where(cost => cost.Level == level),
    ];
}
