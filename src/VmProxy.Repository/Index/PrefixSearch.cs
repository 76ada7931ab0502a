using System.Buffers.Binary;

namespace VmProxy.Repository.Index;

/// <summary>
/// Search among entries that are sorted by their first eight bytes. Ids are uniform, so the place can be guessed to within a few entries:
/// the search gallops from the guess and touches one or two cache lines where a binary search touches seven. A bad guess costs no more than that.
/// </summary>
internal static class PrefixSearch
{
    const int FirstStep = 4;

    /// <summary>The first of <paramref name="count"/> entries, <paramref name="stride"/> bytes apart, whose prefix is not below the given one.</summary>
    public static int LowerBound(ReadOnlySpan<byte> entries, int stride, int count, ulong prefix, int guess)
    {
        var (low, high) = (0, count);
        var probe = Math.Clamp(guess, 0, Math.Max(0, count - 1));
        for (var step = FirstStep; low < high && probe >= low && probe < high; step *= 2)
        {
            if (PrefixAt(entries, stride, probe) < prefix)
            {
                low = probe + 1;
                if (high != count)
                {
                    break;
                }

                probe = (int)Math.Min((long)probe + step, count);
            }
            else
            {
                high = probe;
                if (low != 0)
                {
                    break;
                }

                probe -= step;
            }
        }

        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = PrefixAt(entries, stride, middle) < prefix ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    static ulong PrefixAt(ReadOnlySpan<byte> entries, int stride, int position) => BinaryPrimitives.ReadUInt64BigEndian(entries[(position * stride)..]);
}
