namespace VmProxy.GuestFiles;

/// <summary>
/// Names of eight letters and three. Those beyond ASCII are read in code page 437, that of DOS in the United States, since a volume does not say which it was written in; Windows and
/// Linux keep a long name beside any name that has such letters.
/// </summary>
static class FatShortName
{
    const string UpperHalf =
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0";

    /// <summary>The name of an entry; Windows NT marks in a byte of it that a part is written in lower case.</summary>
    public static string Read(ReadOnlySpan<byte> entry)
    {
        const byte LowerName = 0x08, LowerExtension = 0x10;
        var name = Text(entry[..8], (entry[12] & LowerName) != 0);
        var extension = Text(entry[8..11], (entry[12] & LowerExtension) != 0);
        if (entry[0] == 0x05)
        {
            // The letter 0xE5, which would mark the entry as deleted.
            name = Letter(0xE5) + name[1..];
        }

        return extension.Length == 0 ? name : $"{name}.{extension}";
    }

    /// <summary>A volume's label; empty for none.</summary>
    public static string Label(ReadOnlySpan<byte> bytes)
    {
        var label = Text(bytes, isLower: false);
        return label == "NO NAME" ? "" : label;
    }

    /// <summary>The sum over a short name that the parts of its long one carry.</summary>
    public static byte Sum(ReadOnlySpan<byte> name)
    {
        byte sum = 0;
        foreach (var letter in name[..11])
        {
            sum = (byte)((byte)((sum << 7) | (sum >> 1)) + letter);
        }

        return sum;
    }

    static string Text(ReadOnlySpan<byte> bytes, bool isLower)
    {
        var trimmed = bytes.TrimEnd((byte)' ');
        Span<char> text = stackalloc char[11];
        for (var i = 0; i < trimmed.Length; i++)
        {
            var letter = Letter(trimmed[i]);
            text[i] = isLower ? char.ToLowerInvariant(letter) : letter;
        }

        return text[..trimmed.Length].ToString();
    }

    static char Letter(byte value) => value < 0x80 ? (char)value : UpperHalf[value - 0x80];
}
