using System.Text;

namespace VmProxy.Benchmarks.Tree;

/// <summary>Invented words, common ones short, each followed more often by some words than by others.</summary>
sealed class Vocabulary
{
    const int Followers = 24;
    static readonly string[] Syllables =
    [
        "re", "con", "ta", "ver", "in", "de", "ti", "al", "ex", "pro", "ment", "ar", "lo", "ca", "mi", "per", "der", "no", "la", "si", "ing", "ra",
        "ste", "un", "or", "pa", "en", "ma", "ne", "co", "dis", "ter", "po", "le", "se", "ri", "to", "na", "ble", "ous", "tion", "ver", "cur", "gra",
        "sh", "ck", "th", "est", "ine", "ow", "fi", "bu", "me", "ke", "ed", "ly", "ad", "op", "ug", "im",
    ];

    readonly byte[][] _words;
    readonly int[] _followers;

    public Vocabulary(ulong seed, int count)
    {
        var chance = new Chance(seed);
        var known = new HashSet<string>(StringComparer.Ordinal);
        _words = new byte[count][];
        for (var i = 0; i < count;)
        {
            var word = new StringBuilder();
            for (var parts = i < 100 ? 1 : 1 + chance.Below(i < 2000 ? 3 : 5); parts > 0; parts--)
            {
                word.Append(Syllables[chance.Below(Syllables.Length)]);
            }

            if (known.Add(word.ToString()) || chance.Happens(0.2))
            {
                _words[i++] = Encoding.ASCII.GetBytes(word.ToString());
            }
        }

        _followers = new int[count * Followers];
        foreach (ref var follower in _followers.AsSpan())
        {
            follower = chance.Skewed(count);
        }
    }

    public int Count => _words.Length;

    public ReadOnlySpan<byte> this[int word] => _words[word];

    public string Text(int word) => Encoding.ASCII.GetString(_words[word]);

    /// <summary>The word after another.</summary>
    public int After(int word, Chance chance) =>
        chance.Happens(0.62) ? _followers[(word * Followers) + chance.Skewed(Followers)] : chance.Skewed(Count);
}
