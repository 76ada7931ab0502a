using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Files.Targets;

/// <summary>Decides which names of a guest a target may use.</summary>
public static partial class SafeNames
{
    static readonly SearchValues<char> ForbiddenByWindows = SearchValues.Create("<>:\"|?*\\");

    /// <summary>
    /// Why an item may not be put at all, or null: its path is empty, has a part that is empty, "." or "..", or holds a NUL; its own name holds a slash, which would make folders of it; or
    /// it is a link to nothing. A guest's file system can hold such names only when somebody tampered with it.
    /// </summary>
    internal static Failure? Refuse(FileItem item) =>
        item.Entry.Name.Contains('/') ? Unsafe(item.Path, "The name holds a slash; a sound file system holds no such name.")
        : item.LinkTarget is { } target && (target.Length == 0 || target.Contains('\0')) ? Unsafe(item.Path, "It is a link whose target is empty or holds a NUL.")
        : Refuse(item.Path);

    /// <summary>The same for a path alone.</summary>
    internal static Failure? Refuse(string path) =>
        path.Split('/').Any(part => part is "" or "." or "..") || path.Contains('\0')
            ? Unsafe(path, "The name could lead out of the target; a sound file system holds no such name.")
            : null;

    /// <summary>A name that is not used.</summary>
    internal static Failure Unsafe(string path, string message) =>
        new(ReasonCodesOfFiles.UnsafeName, Printable(path), "restore the file", message, "Nothing was written for it.");

    /// <summary>
    /// The path as it can be unpacked anywhere: characters that Windows refuses, bytes that are no text and control characters as %XX, the first character of
    /// reserved device names (CON, LPT1.txt, …) and a dot or space at the end likewise. No two paths become one.
    /// </summary>
    internal static string Portable(string path) => string.Join('/', path.Split('/').Select(PortablePart));

    /// <summary>The path with bytes that are no text as %XX, for archives whose names are text. No two paths become one.</summary>
    internal static string Text(string path) => string.Join('/', path.Split('/').Select(part => InPercents(part, (_, _) => false)));

    /// <summary>The path as it can be shown on a terminal: control characters, which could play tricks there, and bytes that are no text as \xNN.</summary>
    public static string Printable(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Escape(path, (text, i) => Steers(text[i]), InBackslashes);
    }

    static string PortablePart(string part)
    {
        var isReserved = IsReserved(part);
        return InPercents(part, (text, i) =>
            text[i] < ' ' || text[i] == '\x7f' || ForbiddenByWindows.Contains(text[i])
            // A device's name is one with any extension: only its beginning can change that.
            || (i == 0 && isReserved)
            || (i == text.Length - 1 && text[i] is '.' or ' '));
    }

    /// <summary>
    /// A part with what is unwanted as %XX. Where anything is escaped, or looks as if it had been, the percent signs are escaped too: from what comes out, the part can be told, so that a guest cannot
    /// give two files names that become one.
    /// </summary>
    static string InPercents(string part, Func<string, int, bool> isUnwanted)
    {
        var escaped = Escape(part, isUnwanted, InPercents);
        return escaped == part && !LooksEscaped().IsMatch(part) ? part : Escape(part, (text, i) => text[i] == '%' || isUnwanted(text, i), InPercents);
    }

    [GeneratedRegex("%([0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})")]
    private static partial Regex LooksEscaped();

    /// <summary>Replaces what is no text, and the characters that are not wanted.</summary>
    static string Escape(string path, Func<string, int, bool> isUnwanted, Func<char, string> escape)
    {
        StringBuilder? text = null;
        for (var i = 0; i < path.Length; i++)
        {
            var isPair = char.IsHighSurrogate(path[i]) && i + 1 < path.Length && char.IsLowSurrogate(path[i + 1]);
            if (isPair || !(char.IsSurrogate(path[i]) || isUnwanted(path, i)))
            {
                text?.Append(path, i, isPair ? 2 : 1);
            }
            else
            {
                text ??= new StringBuilder(path, 0, i, path.Length + 8);
                text.Append(escape(path[i]));
            }

            i += isPair ? 1 : 0;
        }

        return text?.ToString() ?? path;
    }

    /// <summary>Whether a terminal does something else with it than to show it: control characters, line separators, and marks that turn the direction of writing.</summary>
    static bool Steers(char unit) => char.IsControl(unit) || unit is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    static string InPercents(char unit) => Escaped(unit, "%", "%u", "X");

    static string InBackslashes(char unit) => Escaped(unit, @"\x", @"\u", "x");

    /// <summary>A byte that is no text as the byte that it was (<see cref="GuestFiles.GuestName"/>), anything else as its number.</summary>
    static string Escaped(char unit, string two, string four, string digits)
    {
        var number = unit is >= '\uDC80' and <= '\uDCFF' ? unit - 0xDC00 : unit;
        return number < 0x100
            ? two + number.ToString(digits + "2", CultureInfo.InvariantCulture)
            : four + number.ToString(digits + "4", CultureInfo.InvariantCulture);
    }

    /// <summary>Names that Windows takes for devices, with any extension (naming rules of the Win32 file name spaces).</summary>
    static bool IsReserved(string part)
    {
        var stem = part.Split('.')[0].TrimEnd(' ').ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL" or "CONIN$" or "CONOUT$"
            || (stem.Length == 4 && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal))
                && (stem[3] is (>= '0' and <= '9') or '¹' or '²' or '³'));
    }
}
