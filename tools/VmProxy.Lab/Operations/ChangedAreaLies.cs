using System.Globalization;
using VmProxy.Lab.Model;
using VmProxy.Lab.Storage;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>What a server that lies makes of a true answer. Such an answer looks like any other.</summary>
internal static class ChangedAreaLies
{
    const long Block = ChangeTracker.BlockSize;

    public static DiskChangeInfo Tell(FaultRegistry faults, DiskChangeInfo truth, long capacity)
    {
        if (faults.Take(FaultNames.CbtMissing) is { } missing)
        {
            Replace(truth, Leave(missing, Areas(truth)));
        }

        if (faults.Take(FaultNames.CbtTruncated) is { } truncated)
        {
            // The answer still says that it describes all of the disk that is left.
            truth.Length = capacity - truth.StartOffset;
            Replace(truth, Areas(truth).Take(truncated is [var most, ..] ? Number(most) : 1));
        }

        if (faults.Take(FaultNames.CbtOverlapping) is not null)
        {
            Replace(truth, Overlap(Areas(truth), capacity));
        }

        if (faults.Take(FaultNames.CbtOutOfRange) is { } range)
        {
            Replace(truth, Misplace(range, Areas(truth), capacity));
        }

        return truth;
    }

    /// <summary>"rate:SHARE[:SEED]": each block is left out with this probability. "range:START:LENGTH": what is in the range is left out.</summary>
    static IEnumerable<ByteRange> Leave(string[] arguments, IEnumerable<ByteRange> areas) => arguments switch
    {
        ["rate", var share, .. var rest] => Without(areas, block => Chance(rest is [var seed, ..] ? Number(seed) : 0, block)
            < double.Parse(share, CultureInfo.InvariantCulture)),
        ["range", var start, var length] => Without(areas, block => block >= Number(start) / Block && block * Block < Number(start) + Number(length)),
        _ => [],
    };

    static List<ByteRange> Without(IEnumerable<ByteRange> areas, Func<long, bool> isLeftOut) => ByteRange.Union(areas.SelectMany(area => Blocks(area))
        .Where(piece => !isLeftOut(piece.Start / Block)));

    static IEnumerable<ByteRange> Blocks(ByteRange area)
    {
        for (var start = area.Start; start < area.End; start = (start / Block * Block) + Block)
        {
            yield return new ByteRange(start, Math.Min(area.End, (start / Block * Block) + Block) - start);
        }
    }

    /// <summary>Backwards, each area once more and one block longer on both sides.</summary>
    static IEnumerable<ByteRange> Overlap(IEnumerable<ByteRange> areas, long capacity) => areas.Reverse().SelectMany(area =>
    {
        var start = Math.Max(0, area.Start - Block);
        return new[] { area, new ByteRange(start, Math.Min(capacity, area.End + Block) - start) };
    });

    /// <summary>"end": the last area reaches past the end of the disk. Otherwise the last area is told where no disk is any more.</summary>
    static IEnumerable<ByteRange> Misplace(string[] arguments, IReadOnlyList<ByteRange> areas, long capacity)
    {
        var last = areas.Count > 0 ? areas[^1] : new ByteRange(0, Block);
        return areas.SkipLast(1).Append(arguments is ["end", ..]
            ? new ByteRange(last.Start, capacity - last.Start + (3 * Block))
            : new ByteRange(capacity + (5 * Block), last.Length));
    }

    static double Chance(long seed, long block)
    {
        var mixed = unchecked(((ulong)block + 1) * 0x9E3779B97F4A7C15UL) ^ unchecked((ulong)seed * 0xD1B54A32D192ED03UL);
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL);
        return (mixed ^ (mixed >> 31)) / (double)ulong.MaxValue;
    }

    static ByteRange[] Areas(DiskChangeInfo answer) => [.. answer.ChangedArea.Select(area => new ByteRange(area.Start, area.Length))];

    static void Replace(DiskChangeInfo answer, IEnumerable<ByteRange> areas) =>
        answer.ChangedArea = [.. areas.Select(area => new DiskChangeExtent { Start = area.Start, Length = area.Length })];

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
