using System.Text;
using System.Text.RegularExpressions;

namespace VmProxy.Transports.HotAdd.Preflight;

/// <summary>What the configuration languages of LVM, multipath and udev have in common.</summary>
static class ConfigText
{
    static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(1);

    /// <summary>The text without comments: from one of the marks to the end of the line, outside quotes.</summary>
    public static string WithoutComments(string? text, string marks)
    {
        var kept = new StringBuilder();
        foreach (var line in (text ?? "").Split('\n'))
        {
            var quoted = false;
            foreach (var character in line)
            {
                quoted ^= character == '"';
                if (!quoted && marks.Contains(character, StringComparison.Ordinal))
                {
                    break;
                }

                kept.Append(character);
            }

            kept.Append('\n');
        }

        return kept.ToString();
    }

    /// <summary>The insides of every <c>name { … }</c>.</summary>
    public static IEnumerable<string> Sections(string text, string name)
    {
        foreach (Match match in Regex.Matches(text, $@"(?<![\w-]){Regex.Escape(name)}\s*\{{", RegexOptions.None, MatchLimit))
        {
            var (depth, at) = (1, match.Index + match.Length);
            while (at < text.Length && depth > 0)
            {
                depth += text[at] switch { '{' => 1, '}' => -1, _ => 0 };
                at++;
            }

            yield return text[(match.Index + match.Length)..Math.Max(match.Index + match.Length, at - 1)];
        }
    }

    /// <summary>Whether an administrator's pattern matches; one that cannot be understood does not.</summary>
    public static bool Matches(string pattern, string text)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.None, MatchLimit);
        }
        catch (Exception exception) when (exception is ArgumentException or RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
