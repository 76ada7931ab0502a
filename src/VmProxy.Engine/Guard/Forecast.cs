using VmProxy.Vsphere;

namespace VmProxy.Engine.Guard;

/// <summary>What a backup of a VM is expected to take.</summary>
/// <param name="IsFull">Whether everything will be read.</param>
/// <param name="Duration">How long the snapshot will exist.</param>
/// <param name="DurationSource">Where the duration comes from, for people.</param>
/// <param name="StoredBytes">What will be written to the repository.</param>
/// <param name="StoredSource">Where that comes from, for people.</param>
sealed record Forecast(bool IsFull, TimeSpan Duration, string DurationSource, long StoredBytes, string StoredSource)
{
    /// <summary>The rate in bytes a second at which a disk is read, and a delta merged, as long as nothing else is known: one busy 1 Gbit/s link moves twice as much.</summary>
    public const double AssumedRate = 50 << 20;

    /// <summary>A part of what a delta holds goes into its own tables.</summary>
    const double Tables = 1 + (1.0 / 64);

    /// <summary>The highest change rate of each disk that earlier points show, in bytes an hour.</summary>
    public required IReadOnlyDictionary<int, double> BytesPerHour { get; init; }

    /// <summary>The change rate of a disk without a history, in percent of its size an hour.</summary>
    public required double DefaultPercentPerHour { get; init; }

    /// <summary>Whether the change rate of every one of the disks comes from earlier points.</summary>
    public bool KnowsRates(IEnumerable<VirtualDisk> disks) => disks.All(disk => BytesPerHour.ContainsKey(disk.Key));

    /// <summary>What the guest is expected to write to the disk while the snapshot exists; no delta grows beyond its disk.</summary>
    public long DeltaBytes(VirtualDisk disk) => Grown(disk, Duration);

    /// <summary>
    /// What merging needs beside the delta, which is freed only afterwards: a thick base takes nothing; a thin one, or a delta below ours, may grow by
    /// all of it. And the running guest writes on, into a delta of the host's own.
    /// </summary>
    public long MergeBytes(VirtualDisk disk)
    {
        var delta = DeltaBytes(disk);
        var meanwhile = Grown(disk, TimeSpan.FromSeconds(delta / AssumedRate));
        return Grows(disk) ? delta + meanwhile : meanwhile;
    }

    /// <summary>Whether what lies below our delta takes more room when that is merged into it.</summary>
    public static bool Grows(VirtualDisk disk) => disk.Thin != false || disk.ParentChain.Count > 0;

    long Grown(VirtualDisk disk, TimeSpan time)
    {
        var rate = BytesPerHour.TryGetValue(disk.Key, out var known) ? known : disk.CapacityBytes * DefaultPercentPerHour / 100;
        return (long)(Math.Min(rate * time.TotalHours, disk.CapacityBytes) * Tables);
    }
}
