using System.Security.Cryptography;
using System.Text;

namespace VmProxy.Repository.Keys;

/// <summary>
/// The text of a paper key (docs/FORMAT.md, "Paper keys"): six numbered lines of two groups of four letters and a check group, so that a
/// typing error is found in its line.
/// </summary>
internal static class PaperKey
{
    public const int Length = Lines * LineBytes;
    public const int Lines = 6;
    const int LineBytes = 5;
    const int Group = 4;
    const string Letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static IReadOnlyList<string> Format(ReadOnlySpan<byte> secret)
    {
        var lines = new string[Lines];
        for (var line = 0; line < Lines; line++)
        {
            var part = secret.Slice(line * LineBytes, LineBytes);
            var text = Encode(part) + Check(line, part);
            lines[line] = $"{line + 1}: {text[..Group]}-{text[Group..(2 * Group)]}-{text[(2 * Group)..]}";
        }

        return lines;
    }

    public static byte[] Parse(string text)
    {
        var secret = new byte[Length];
        var state = new string[Lines];
        Array.Fill(state, "is missing");
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line[..colon].TrimEnd() is [var digit] && digit - '1' is >= 0 and < Lines and var number)
            {
                state[number] = Read(number, line[(colon + 1)..], secret.AsSpan(number * LineBytes, LineBytes));
            }
        }

        string[] problems = [.. state.Select((problem, line) => (problem, line)).Where(pair => pair.problem.Length > 0).Select(pair => $"line {pair.line + 1} {pair.problem}")];
        return problems.Length == 0
            ? secret
            : throw RepositoryKey.Malformed("paper key", $"The paper key cannot be used: {string.Join("; ", problems)}. Compare with the sheet.");
    }

    /// <summary>Reads one line; returns what is wrong with it, or "".</summary>
    static string Read(int line, string text, Span<byte> part)
    {
        var letters = new List<int>(3 * Group);
        foreach (var character in text.Where(character => character is not ('-' or ' ' or '\t')))
        {
            // Crockford's reading: what looks alike is the same.
            var letter = char.ToUpperInvariant(character) switch { 'O' => '0', 'I' or 'L' => '1', var other => other };
            var value = Letters.IndexOf(letter, StringComparison.Ordinal);
            if (value < 0)
            {
                return $"holds '{character}', which no paper key does";
            }

            letters.Add(value);
        }

        if (letters.Count != 3 * Group)
        {
            return $"has {letters.Count} letters and digits where 12 belong";
        }

        var bits = letters.Take(2 * Group).Aggregate(0UL, (sum, value) => (sum << 5) | (uint)value);
        for (var i = 0; i < LineBytes; i++)
        {
            part[i] = (byte)(bits >> (8 * (LineBytes - 1 - i)));
        }

        return string.Concat(letters.Skip(2 * Group).Select(value => Letters[value])) == Check(line, part) ? "" : "has a typing error";
    }

    /// <summary>The first 20 bits of a hash over the line and its number, so that lines that changed places are found too.</summary>
    static string Check(int line, ReadOnlySpan<byte> part)
    {
        byte[] content = [.. "vmproxy/paper-key/v1"u8, (byte)(line + 1), .. part];
        return Encode(SHA256.HashData(content).AsSpan(0, LineBytes))[..Group];
    }

    static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(2 * Group);
        var bits = 0UL;
        foreach (var value in bytes)
        {
            bits = (bits << 8) | value;
        }

        for (var shift = (8 * LineBytes) - 5; shift >= 0; shift -= 5)
        {
            text.Append(Letters[(int)(bits >> shift) & 31]);
        }

        return text.ToString();
    }
}
