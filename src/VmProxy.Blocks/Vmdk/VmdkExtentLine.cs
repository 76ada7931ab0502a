using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VmProxy.Blocks.Vmdk;

/// <summary>The syntax of an extent line: ACCESS SECTORS TYPE ["FILE" [OFFSET [partition-uuid device-id]]].</summary>
static class VmdkExtentLine
{
    /// <summary>False without an error when the line is no extent line at all.</summary>
    public static bool TryParse(string line, [NotNullWhen(true)] out VmdkExtent? extent, out string? error)
    {
        extent = null;
        error = null;
        var rest = line.AsSpan();
        if (!TryAccess(NextWord(ref rest), out var access))
        {
            return false;
        }

        var sectorsWord = NextWord(ref rest);
        if (!long.TryParse(sectorsWord, NumberStyles.None, CultureInfo.InvariantCulture, out var sectors)
            || sectors is 0 or > (long.MaxValue / VmdkDescriptor.SectorSize))
        {
            error = $"'{sectorsWord}' is not a number of sectors";
            return false;
        }

        var type = NextWord(ref rest).ToString().ToUpperInvariant();
        if (type.Length == 0)
        {
            error = "the type is missing";
            return false;
        }

        if (!TryFile(rest, type, out var file, out var offset, out error))
        {
            return false;
        }

        extent = new VmdkExtent(access, sectors, type, file, offset);
        return true;
    }

    static bool TryFile(ReadOnlySpan<char> rest, string type, out string? file, out long offset, out string? error)
    {
        file = null;
        offset = 0;
        error = null;
        rest = rest.Trim();
        if (rest.IsEmpty)
        {
            error = type == VmdkExtent.Zero ? null : "the file name is missing";
            return error is null;
        }

        var close = rest[0] == '"' ? rest[1..].IndexOf('"') : -1;
        if (close <= 0)
        {
            error = "the file name is not in quotes, or empty";
            return false;
        }

        file = rest.Slice(1, close).ToString();
        rest = rest[(close + 2)..];
        var offsetWord = NextWord(ref rest);
        if (!offsetWord.IsEmpty
            && (!long.TryParse(offsetWord, NumberStyles.None, CultureInfo.InvariantCulture, out offset)
                || offset > long.MaxValue / VmdkDescriptor.SectorSize / 2))
        {
            error = $"'{offsetWord}' is not an offset in sectors";
            return false;
        }

        return true;
    }

    static bool TryAccess(ReadOnlySpan<char> word, out VmdkExtentAccess access)
    {
        access = word switch
        {
            "RDONLY" => VmdkExtentAccess.ReadOnly,
            "NOACCESS" => VmdkExtentAccess.None,
            _ => VmdkExtentAccess.ReadWrite,
        };
        return word is "RW" or "RDONLY" or "NOACCESS";
    }

    static ReadOnlySpan<char> NextWord(ref ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart();
        var end = rest.IndexOfAny(' ', '\t');
        var word = end < 0 ? rest : rest[..end];
        rest = rest[word.Length..];
        return word;
    }
}
