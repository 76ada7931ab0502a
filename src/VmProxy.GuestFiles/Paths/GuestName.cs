using System.Buffers;
using System.Text;

namespace VmProxy.GuestFiles;

/// <summary>
/// Names that a file system keeps as bytes, as strings that lose nothing: UTF-8 where it is valid, and a lone surrogate U+DC00 + byte for each byte that is not (the way of
/// PEP 383, which Python's os.fsdecode follows). What went in as bytes comes out as the same bytes.
/// </summary>
public static class GuestName
{
    const int Escape = 0xDC00;

    /// <summary>Whether a name could lead somewhere else than into its directory: no system makes such names.</summary>
    internal static bool IsUnsafe(ReadOnlySpan<char> name) => name.ContainsAny('/', '\0') || name is "." or "..";

    /// <summary>The string of a name's bytes.</summary>
    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        var bad = bytes.IndexOfAnyExceptInRange((byte)0, (byte)0x7F);
        return bad < 0 ? Encoding.Latin1.GetString(bytes)
            : System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes)
            : FromInvalid(bytes);
    }

    /// <summary>The bytes of a name's string.</summary>
    public static byte[] ToBytes(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var buffer = new ArrayBufferWriter<byte>((name.Length * 3) + 1);
        for (var i = 0; i < name.Length;)
        {
            var status = Rune.DecodeFromUtf16(name.AsSpan(i), out var rune, out var consumed);
            if (status == OperationStatus.Done)
            {
                buffer.Advance(rune.EncodeToUtf8(buffer.GetSpan(4)));
            }
            else if (name[i] is >= '\uDC80' and <= '\uDCFF')
            {
                buffer.GetSpan(1)[0] = (byte)(name[i] - Escape);
                buffer.Advance(1);
            }
            else
            {
                // Another lone surrogate can only come from a name of UTF-16: as WTF-8 writes it.
                WriteSurrogate(buffer, name[i]);
            }

            i += Math.Max(1, consumed);
        }

        return buffer.WrittenSpan.ToArray();
    }

    static string FromInvalid(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                consumed = 1;
                text.Append((char)(Escape + bytes[0]));
            }

            bytes = bytes[consumed..];
        }

        return text.ToString();
    }

    static void WriteSurrogate(ArrayBufferWriter<byte> buffer, char surrogate)
    {
        var span = buffer.GetSpan(3);
        span[0] = (byte)(0xE0 | (surrogate >> 12));
        span[1] = (byte)(0x80 | ((surrogate >> 6) & 0x3F));
        span[2] = (byte)(0x80 | (surrogate & 0x3F));
        buffer.Advance(3);
    }
}
