using System.Buffers;
using System.Globalization;
using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Files.Targets;

/// <summary>Decides which names of a guest a target may use.</summary>
public static class SafeNames
{
    static readonly SearchValues<char> ForbiddenByWindows = SearchValues.Create("<>:\"|?*\\");

    /// <summary>
    /// Why a path may not be used at all, or null: it is empty, has a part that is empty, "." or "..", or holds a NUL. A guest's file system can hold such names only when somebody
    /// tampered with it.
    /// </summary>
    internal static Failure? Refuse(string path) =>
        path.Split('/').Any(part => part is "" or "." or "..") || path.Contains('\0')
            ? new Failure(
                ReasonCodesOfFiles.UnsafeName, Printable(path), "restore the file", "The name could lead out of the target; a sound file system holds no such name.",
                "Nothing was written for it.")
            : null;

    /// <summary>
    /// The path as it can be unpacked anywhere: characters that Windows refuses, bytes that are no text and control characters as %XX, the first character of
    /// reserved device names (CON, LPT1.txt, …) and a dot or space at the end likewise.
    /// </summary>
    internal static string Portable(string path) => string.Join('/', path.Split('/').Select(PortablePart));

    /// <summary>The path with bytes that are no text as %XX, for archives whose names are text.</summary>
    internal static string Text(string path) => path.Any(char.IsSurrogate) ? Escape(path, _ => false) : path;

    /// <summary>The path as it can be shown on a terminal: control characters, which could play tricks there, and bytes that are no text as \xNN.</summary>
    public static string Printable(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.Any(unit => char.IsControl(unit) || char.IsSurrogate(unit) || unit is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069')))
        {
            return path;
        }

        var text = new System.Text.StringBuilder(path.Length + 8);
        for (var i = 0; i < path.Length; i++)
        {
            if (char.IsHighSurrogate(path[i]) && i + 1 < path.Length && char.IsLowSurrogate(path[i + 1]))
            {
                text.Append(path[i]).Append(path[++i]);
            }
            else if (path[i] is >= '\uDC80' and <= '\uDCFF')
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{path[i] - 0xDC00:x2}");
            }
            else if (char.IsControl(path[i]) && path[i] < 0x100)
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{(int)path[i]:x2}");
            }
            else if (char.IsSurrogate(path[i]) || path[i] is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'))
            {
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)path[i]:x4}");
            }
            else
            {
                text.Append(path[i]);
            }
        }

        return text.ToString();
    }

    static string PortablePart(string part)
    {
        var escaped = Escape(part, unit => unit < ' ' || unit == '\x7f' || ForbiddenByWindows.Contains(unit));
        // A device's name is one with any extension: only its beginning can change that.
        escaped = IsReserved(escaped) ? string.Create(CultureInfo.InvariantCulture, $"%{(int)escaped[0]:X2}{escaped[1..]}") : escaped;
        return escaped[^1] is '.' or ' ' ? string.Create(CultureInfo.InvariantCulture, $"{escaped[..^1]}%{(int)escaped[^1]:X2}") : escaped;
    }

    static string Escape(string part, Func<char, bool> isForbidden)
    {
        var text = new System.Text.StringBuilder(part.Length);
        for (var i = 0; i < part.Length; i++)
        {
            if (char.IsHighSurrogate(part[i]) && i + 1 < part.Length && char.IsLowSurrogate(part[i + 1]))
            {
                text.Append(part[i]).Append(part[++i]);
            }
            else if (part[i] is >= '\uDC80' and <= '\uDCFF')
            {
                text.Append(CultureInfo.InvariantCulture, $"%{part[i] - 0xDC00:X2}");
            }
            else if (char.IsSurrogate(part[i]))
            {
                text.Append(CultureInfo.InvariantCulture, $"%u{(int)part[i]:X4}");
            }
            else if (isForbidden(part[i]))
            {
                text.Append(CultureInfo.InvariantCulture, $"%{(int)part[i]:X2}");
            }
            else
            {
                text.Append(part[i]);
            }
        }

        return text.ToString();
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
