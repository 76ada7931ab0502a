using System.Globalization;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>Makes a device of a logical volume from its segments: linear and striped ones, and those of zeros. All else is told by its name.</summary>
sealed class LvmVolumeBuilder(LvmGroup group, string subject, LvmSection section)
{
    const int MaxSegments = 100_000;
    const int MaxStripes = 128;
    const long MaxStripeSize = 1L << 30;

    /// <summary>Builds it.</summary>
    /// <param name="name">Its name in the group.</param>
    /// <param name="snapshot">What it is when it takes part in a snapshot so that its bytes are not its content, or null.</param>
    public LvmLogicalVolume Build(string name, string? snapshot)
    {
        var segments = Segments();
        var type = TypeName(segments);
        long length = 0;
        try
        {
            length = segments.Sum(segment => Bytes(segment.Number("extent_count") ?? 0));
            return snapshot is not null
                ? throw GuestFileException.Unsupported(subject, $"The logical volume {subject} is {snapshot}, which is not read.")
                : new LvmLogicalVolume(name, length, type, new ConcatenatedBlockDevice(Parts(segments)), null);
        }
        catch (GuestFileException exception)
        {
            return new LvmLogicalVolume(name, length, snapshot is null ? type : "snapshot", new BytesContent(default), exception.ToProblem());
        }
    }

    static string TypeName(List<LvmSection> segments) => segments.Select(Type).Distinct().Count() > 1 ? "mixed" : segments.Select(Type).FirstOrDefault("empty");

    /// <summary>A type can have marks for older versions behind a plus sign. Linear is striped over one.</summary>
    static string Type(LvmSection segment)
    {
        var type = segment.Text("type")?.Split('+')[0] ?? "";
        return type == "striped" && segment.Number("stripe_count") is null or 1 ? "linear" : type;
    }

    List<LvmSection> Segments()
    {
        var count = Math.Min(section.Number("segment_count") ?? 0, MaxSegments);
        var segments = new List<LvmSection>();
        for (var i = 1; i <= count && section.Section(string.Create(CultureInfo.InvariantCulture, $"segment{i}")) is { } segment; i++)
        {
            segments.Add(segment);
        }

        return segments;
    }

    List<IBlockDevice> Parts(List<LvmSection> segments)
    {
        if (segments.Count == 0 || segments.Count != section.Number("segment_count"))
        {
            throw GuestFileException.Damaged(subject, $"The metadata of the logical volume {subject} lacks some of its segments.");
        }

        var parts = new List<IBlockDevice>();
        long next = 0;
        foreach (var segment in segments)
        {
            var (start, count) = (segment.Number("start_extent") ?? -1, segment.Number("extent_count") ?? -1);
            if (start != next || count <= 0)
            {
                throw GuestFileException.Damaged(subject, $"A segment of the logical volume {subject} has {count} extents from {start}, where {next} would be the next.");
            }

            parts.Add(Type(segment) switch
            {
                "linear" or "striped" => Striped(segment, count),
                "zero" => new ZeroBlockDevice(Bytes(count)),
                var other => throw GuestFileException.Unsupported(subject, $"The logical volume {subject} is of the type {Words(other)}, which is not read."),
            });
            next += count;
        }

        return parts;
    }

    IBlockDevice Striped(LvmSection segment, long extents)
    {
        var stripes = segment.List("stripes");
        var count = segment.Number("stripe_count") ?? 1;
        var stripeSize = (segment.Number("stripe_size") is > 0 and <= MaxStripeSize and var sectors ? sectors : 0) * LvmArea.SectorSize;
        if (count is < 1 or > MaxStripes || stripes.Count != 2 * count || extents % count != 0)
        {
            throw GuestFileException.Damaged(subject, $"A segment of the logical volume {subject} has {stripes.Count / 2} places for {count} stripes and {extents} extents.");
        }

        var parts = new List<IBlockDevice>();
        for (var i = 0; i < stripes.Count; i += 2)
        {
            parts.Add(stripes[i] is string physical && stripes[i + 1] is long first
                ? group.Slice(subject, physical, first, extents / count)
                : throw GuestFileException.Damaged(subject, $"A stripe of the logical volume {subject} has no place."));
        }

        return count == 1 ? parts[0]
            : stripeSize > 0 && parts[0].Length % stripeSize == 0 ? new StripedBlockDevice(parts, stripeSize)
            : throw GuestFileException.Damaged(subject, $"The logical volume {subject} has stripes of {stripeSize} bytes in parts of {parts[0].Length}.");
    }

    long Bytes(long extents) => group.ExtentSize > 0 && extents >= 0 && extents <= (long.MaxValue >> 8) / group.ExtentSize / MaxSegments
        ? extents * group.ExtentSize
        : throw GuestFileException.Damaged(subject, $"The logical volume {subject} would have a segment of {extents} extents of {group.ExtentSize} bytes.");

    static string Words(string type) => type switch
    {
        "thin" => "thin (a volume in a thin pool)",
        "mirror" => "mirror",
        _ when type.StartsWith("raid", StringComparison.Ordinal) => $"{type} (RAID of LVM2)",
        "cache" => "cache (a volume with a cache)",
        "vdo" => "vdo (compressed and deduplicated)",
        _ => type.Length is > 0 and <= 40 ? type : "unknown",
    };
}
