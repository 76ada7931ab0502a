using System.Buffers.Binary;
using System.Numerics;

namespace VmProxy.GuestFiles;

/// <summary>How a volume of exFAT turns small letters into capitals, which is how it compares names (exFAT specification, section 7.2).</summary>
sealed class ExFatUpcase
{
    const int Units = 65536;
    const ushort Run = 0xFFFF;
    readonly char[] _capitals;

    ExFatUpcase(char[] capitals) => _capitals = capitals;

    /// <summary>Reads a volume's table; where there is none that is sound, the capitals of Unicode are used, and that is told.</summary>
    public static async ValueTask<ExFatUpcase> ReadAsync(ExFatStream? place, ClusterHeap heap, string name, List<GuestProblem> findings, CancellationToken cancellationToken)
    {
        if (place is { Length: > 0 and <= Units * 2 } stream)
        {
            var chain = await heap.FollowAsync(stream.FirstCluster, heap.ClustersOf(stream.Length), cancellationToken).ConfigureAwait(false);
            if (chain.Length >= stream.Length)
            {
                var content = new ClusterContent(heap, chain, stream.Length, stream.Length, "table of capital letters");
                var bytes = new byte[stream.Length];
                if (await TryReadAsync(content, bytes, cancellationToken).ConfigureAwait(false) && Check(bytes) == stream.Check)
                {
                    return new ExFatUpcase(Expand(bytes));
                }
            }
        }

        findings.Add(GuestFileException.Damaged(
            name, $"The table of capital letters of {name} is missing or damaged: names are compared by the capitals of Unicode.").ToProblem() with { IsWarning = true });
        return new ExFatUpcase([.. Enumerable.Range(0, Units).Select(unit => char.ToUpperInvariant((char)unit))]);
    }

    /// <summary>Whether two names are the same to the volume.</summary>
    public bool AreSame(string one, string other)
    {
        if (one.Length != other.Length)
        {
            return false;
        }

        for (var i = 0; i < one.Length; i++)
        {
            if (_capitals[one[i]] != _capitals[other[i]])
            {
                return false;
            }
        }

        return true;
    }

    static async ValueTask<bool> TryReadAsync(ClusterContent content, byte[] bytes, CancellationToken cancellationToken)
    {
        try
        {
            await content.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (GuestFileException)
        {
            return false;
        }
    }

    static uint Check(ReadOnlySpan<byte> bytes)
    {
        uint check = 0;
        foreach (var value in bytes)
        {
            check = BitOperations.RotateRight(check, 1) + value;
        }

        return check;
    }

    /// <summary>A mark and a count stand for as many letters that are their own capitals.</summary>
    static char[] Expand(ReadOnlySpan<byte> bytes)
    {
        var capitals = new char[Units];
        var unit = 0;
        for (var i = 0; i + 1 < bytes.Length && unit < Units; i += 2)
        {
            var value = BinaryPrimitives.ReadUInt16LittleEndian(bytes[i..]);
            if (value == Run && i + 3 < bytes.Length)
            {
                i += 2;
                for (var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[i..]); count > 0 && unit < Units; count--)
                {
                    capitals[unit] = (char)unit;
                    unit++;
                }
            }
            else
            {
                capitals[unit++] = (char)value;
            }
        }

        for (; unit < Units; unit++)
        {
            capitals[unit] = (char)unit;
        }

        return capitals;
    }
}
