using System.Runtime.InteropServices;

namespace VmProxy.GuestFiles;

/// <summary>How a volume compares names: its own table of capital letters ($UpCase).</summary>
sealed class NtfsUpCase
{
    /// <summary>Letters that a table has: one for each unit of UTF-16.</summary>
    public const int Letters = 65536;

    readonly char[] _table;

    NtfsUpCase(char[] table) => _table = table;

    /// <summary>The table of this program, for a volume whose own cannot be read.</summary>
    public static NtfsUpCase Default { get; } = new([.. Enumerable.Range(0, Letters).Select(letter => char.ToUpperInvariant((char)letter))]);

    /// <summary>The table of a volume, or null when it is not one.</summary>
    public static NtfsUpCase? TryParse(ReadOnlySpan<byte> bytes)
    {
        var table = MemoryMarshal.Cast<byte, char>(bytes);
        return table.Length == Letters && table['a'] == 'A' && table['A'] == 'A' && table['\\'] == '\\' ? new NtfsUpCase(table.ToArray()) : null;
    }

    public bool Equals(ReadOnlySpan<char> left, ReadOnlySpan<char> right) => left.Length == right.Length && Compare(left, right) == 0;

    /// <summary>The order of names in a directory, letters of either case being the same.</summary>
    public int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
        {
            if (left[i] != right[i] && _table[left[i]].CompareTo(_table[right[i]]) is not 0 and var order)
            {
                return order;
            }
        }

        return left.Length.CompareTo(right.Length);
    }
}
