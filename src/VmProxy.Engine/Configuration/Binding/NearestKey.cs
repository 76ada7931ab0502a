namespace VmProxy.Engine.Configuration.Binding;

/// <summary>Finds the known key that somebody most likely meant.</summary>
static class NearestKey
{
    public static string Of(string key, IEnumerable<string> known) =>
        known.MinBy(candidate => Distance(key.ToLowerInvariant(), candidate.ToLowerInvariant()))!;

    /// <summary>Levenshtein distance: how many characters must be added, removed or replaced.</summary>
    internal static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
